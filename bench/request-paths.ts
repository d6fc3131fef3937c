import { LOCALES } from '../src/demo/invent-names.ts';
import { ROSTER_ORDERS } from '../src/engagement/roster-order.ts';
import { SITE_END } from './make-site.ts';
import type { AskedCourse } from './asked-course.ts';

// What is asked for of a site that was made, and addresses of requests of the API, under /api/v0/.

/** All but the usernames, in which the roster comes by itself. */
export const ORDERS = ROSTER_ORDERS.filter((order) => order !== 'username');

/** Given and family names that go together. */
export const NAMES = LOCALES.flatMap(({ given, family }) =>
  given.flatMap(([native]) => family.map(([, roman]) => [native, roman] as const)),
);
export const FULL_NAMES = NAMES.map(([given, family]) => `${given} ${family}`);
export const FAMILIES = [...new Set(NAMES.map(([, family]) => family))];
export const BEGINNINGS = [3, 4, 5].flatMap((length) => [
  ...new Set(FAMILIES.map((family) => family.slice(0, length))),
]);
export const SEGMENTS = ['highly_engaged', 'struggling', 'disengaging', 'inactive'] as const;
/** Of a site that was made. */
export const COHORTS = Array.from({ length: 12 }, (_, index) => `Cohort ${index + 1}`);
export const MODES = ['audit', 'honor', 'verified', 'professional'] as const;

export const at = <Value>(values: readonly Value[], index: number): Value => values[index % values.length]!;

/** What is searched for the nth time: a number is added where the texts are used up, as usernames end in one. */
export function searchFor(texts: readonly string[], index: number): string {
  const turn = Math.floor(index / texts.length);
  return turn === 0 ? at(texts, index) : `${at(texts, index)} ${turn}`;
}

/** The list with these parameters; the last makes the address another one where the others are used up. */
export function list(course: AskedCourse, params: Readonly<Record<string, string | number>>, index: number): string {
  const query = new URLSearchParams({ course_id: course.id });
  for (const [name, value] of Object.entries(params)) query.set(name, String(value));
  return `learners/?${query.toString()}&n=${index}`;
}

export function build(count: number, path: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => path(index));
}

/** A day so many days before the end of the site. */
const dayBefore = (days: number) => new Date(Date.parse(SITE_END) - days * 86_400_000).toISOString().slice(0, 10);

/** Different ranges: none is asked for twice before three thousand others were. */
export function datesOf(index: number): { start_date: string; end_date: string } {
  const end = 1 + (index % 60);
  return { start_date: dayBefore(end + 7 + (Math.floor(index / 60) % 50)), end_date: dayBefore(end) };
}

/** How many different things they ask for. */
export function countQuestions(paths: readonly string[]): number {
  return new Set(paths.map((path) => path.replace(/[?&]n=\d+$/, ''))).size;
}
