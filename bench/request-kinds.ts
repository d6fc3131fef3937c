import { DEFAULT_PAGE_SIZE } from '../src/api/params.ts';
import { LOCALES } from '../src/demo/invent-names.ts';
import { createRandom } from '../src/demo/random.ts';
import type { AskedCourse } from './asked-course.ts';
import { SITE_END } from './make-site.ts';

/** A kind of request of the API, and as many different ones of it as are asked for. */
export interface RequestKind {
  readonly name: string;
  readonly what: string;
  /** Which words it searches for, to tell goals apart. */
  readonly words?: string;
  /** Paths under `/api/v0/`, so many at most, no two the same; what they ask for may be, as `n=` says nothing. */
  readonly paths: (course: AskedCourse, count: number) => string[];
  /** At how many connections at once. */
  readonly connections: readonly number[];
  /** So many at most in one slice, for what takes long. */
  readonly most?: number;
  /** Each path is asked for once in a round, of a process that was just started, without a warm-up. */
  readonly once?: true;
  /** Whether PostgreSQL and SQLite are asked too; what they would have to compute from sixty million facts, they are not. */
  readonly rivals: boolean;
  readonly revalidate: boolean;
  /** What one should know of the requests to read their numbers. */
  readonly note?: string;
}

const ORDERS = [
  'problem_attempts',
  'problems_attempted',
  'problems_completed',
  'videos_viewed',
  'discussion_contributions',
  'days_active',
  'problem_attempts_per_completed',
  'attempt_ratio_order',
  'name',
  'email',
  'last_active',
  'enrollment_date',
  'cohort',
  'enrollment_mode',
] as const;
/** Given and family names that go together. */
const NAMES = LOCALES.flatMap(({ given, family }) =>
  given.flatMap(([native]) => family.map(([, roman]) => [native, roman] as const)),
);
const FULL_NAMES = NAMES.map(([given, family]) => `${given} ${family}`);
const FAMILIES = [...new Set(NAMES.map(([, family]) => family))];
const BEGINNINGS = [3, 4, 5].flatMap((length) => [...new Set(FAMILIES.map((family) => family.slice(0, length)))]);
const SEGMENTS = ['highly_engaged', 'struggling', 'disengaging', 'inactive'] as const;

const at = <Value>(values: readonly Value[], index: number): Value => values[index % values.length]!;
const ALL = [1, 8, 32] as const;

/** Names are few at a site that was made: whoever is faster the second time shows it. */
const repeats = (words: readonly string[]) =>
  `Of ${new Set(words).size} words. Where they are used up a number is added to them ("cwi 4"), as usernames end in one: such a search has a word that was searched for before, and from then on few learners. Words that were not searched for before are gone with the warm-up: they are asked in the question that says so.`;

const ONCE =
  'Each word once in a round, of a process that was just started, without a warm-up, and without numbers: beginnings of the words in names, usernames and e-mail addresses. What they were made of was asked of it before, without a search; the first of them find it cold.';

/** What is searched for the nth time: a number is added where the texts are used up, as usernames end in one. */
function searchFor(texts: readonly string[], index: number): string {
  const turn = Math.floor(index / texts.length);
  return turn === 0 ? at(texts, index) : `${at(texts, index)} ${turn}`;
}

/** The list with these parameters; the last makes the address another one where the others are used up. */
function list(course: AskedCourse, params: Readonly<Record<string, string | number>>, index: number): string {
  const query = new URLSearchParams({ course_id: course.id });
  for (const [name, value] of Object.entries(params)) query.set(name, String(value));
  return `learners/?${query.toString()}&n=${index}`;
}

function build(count: number, path: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => path(index));
}

/** A day so many days before the end of the site. */
const dayBefore = (days: number) => new Date(Date.parse(SITE_END) - days * 86_400_000).toISOString().slice(0, 10);

/** Different ranges: none is asked for twice before three thousand others were. */
function datesOf(index: number): { start_date: string; end_date: string } {
  const end = 1 + (index % 60);
  return { start_date: dayBefore(end + 7 + (Math.floor(index / 60) % 50)), end_date: dayBefore(end) };
}

export const REQUEST_KINDS: readonly RequestKind[] = [
  {
    name: 'learner',
    what: 'a learner',
    paths: (course, count) =>
      build(
        count,
        (n) => `learners/${encodeURIComponent(at(course.usernames, n))}/?course_id=${encodeURIComponent(course.id)}`,
      ),
    connections: ALL,
    rivals: true,
    revalidate: true,
  },
  {
    name: 'page-1',
    what: 'the roster, page 1',
    paths: (course, count) => build(count, (n) => list(course, { page_size: 20 + (n % 11) }, n)),
    connections: ALL,
    rivals: true,
    revalidate: true,
  },
  {
    name: 'page-40',
    what: 'sorted by any column, page 35 to 45',
    paths: (course, count) =>
      build(count, (n) =>
        list(course, { order_by: at(ORDERS, n), sort_order: n % 3 === 0 ? 'asc' : 'desc', page: 35 + (n % 11) }, n),
      ),
    connections: ALL,
    rivals: true,
    revalidate: true,
  },
  {
    name: 'any-page',
    what: 'sorted by any column, any page',
    paths: (course, count) => {
      const random = createRandom('any page');
      const pages = Math.ceil(course.learners / DEFAULT_PAGE_SIZE);
      return build(count, (n) =>
        list(
          course,
          {
            order_by: random.pick(ORDERS),
            sort_order: random.pick(['asc', 'desc']),
            page: 1 + random.int(pages),
          },
          n,
        ),
      );
    },
    connections: ALL,
    rivals: true,
    revalidate: true,
    note: 'Pages from the first to the last, each as likely, so that hardly one is asked for twice.',
  },
  {
    name: 'search',
    what: 'search for a given and a family name',
    words: 'searched for before',
    paths: (course, count) => build(count, (n) => list(course, { text_search: searchFor(FULL_NAMES, n) }, n)),
    connections: ALL,
    rivals: true,
    revalidate: true,
    note: repeats(NAMES.flat()),
  },
  {
    name: 'type-ahead',
    what: 'type-ahead: 3 to 5 letters, 8 results',
    words: 'searched for before',
    paths: (course, count) =>
      build(count, (n) => list(course, { text_search: searchFor(BEGINNINGS, n), page_size: 8 }, n)),
    connections: ALL,
    rivals: true,
    revalidate: true,
    note: repeats(BEGINNINGS),
  },
  {
    name: 'search-new',
    what: 'search for a given and a family name, words searched for the first time',
    paths: (course, count) =>
      build(Math.min(count, course.pairs.length), (n) => list(course, { text_search: at(course.pairs, n) }, n)),
    connections: [1],
    once: true,
    rivals: true,
    revalidate: false,
    note: ONCE,
  },
  {
    name: 'type-ahead-new',
    what: 'type-ahead: 3 to 5 letters, 8 results, words searched for the first time',
    paths: (course, count) =>
      build(Math.min(count, course.words.length), (n) =>
        list(course, { text_search: at(course.words, n), page_size: 8 }, n),
      ),
    connections: [1],
    once: true,
    rivals: true,
    revalidate: false,
    note: ONCE,
  },
  {
    name: 'username-new',
    what: 'search for what nobody searched for before: most of a username',
    // less of each where they are used up
    paths: (course, count) =>
      build(count, (n) =>
        list(course, { text_search: at(course.usernames, n).slice(1 + Math.floor(n / course.usernames.length)) }, n),
      ),
    connections: [1],
    rivals: true,
    revalidate: false,
  },
  {
    name: 'combined',
    what: 'segment, search and sort at once',
    paths: (course, count) =>
      build(count, (n) =>
        list(
          course,
          {
            segments: at(SEGMENTS, n),
            text_search: searchFor(FAMILIES, n),
            order_by: at(ORDERS, n),
            sort_order: 'desc',
          },
          n,
        ),
      ),
    connections: ALL,
    rivals: true,
    revalidate: true,
  },
  {
    name: 'metadata',
    what: "a course's metadata",
    paths: (course, count) => build(count, (n) => `course_learner_metadata/${encodeURIComponent(course.id)}/?n=${n}`),
    connections: ALL,
    rivals: true,
    revalidate: true,
  },
  {
    name: 'timeline',
    what: "a learner's timeline",
    paths: (course, count) =>
      build(
        count,
        (n) =>
          `engagement_timelines/${encodeURIComponent(at(course.usernames, n))}/?course_id=${encodeURIComponent(course.id)}`,
      ),
    connections: ALL,
    rivals: true,
    revalidate: true,
  },
  {
    name: 'range-first',
    what: 'the roster over another date range, asked for the first time',
    paths: (course, count) =>
      build(count, (n) => list(course, { ...datesOf(n), order_by: 'problem_attempts', sort_order: 'desc' }, n)),
    connections: [1],
    most: 4,
    rivals: false,
    revalidate: false,
  },
  {
    name: 'range-again',
    what: 'the same range again, other pages and orders',
    paths: (course, count) =>
      build(count, (n) => list(course, { ...datesOf(7), order_by: at(ORDERS, n), page: 1 + (n % 20) }, n)),
    connections: [1, 8],
    rivals: false,
    revalidate: false,
  },
  {
    name: 'csv',
    what: 'the whole roster as CSV',
    paths: (course, count) => build(count, (n) => `learners.csv?course_id=${encodeURIComponent(course.id)}&n=${n}`),
    connections: [1],
    most: 1,
    rivals: false,
    revalidate: false,
  },
];

/** How many different things they ask for. */
export function countQuestions(paths: readonly string[]): number {
  return new Set(paths.map((path) => path.replace(/[?&]n=\d+$/, ''))).size;
}
