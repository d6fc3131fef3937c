import { DAY, HOUR } from './format-text.ts';
import { LOCALES, pickLocale } from './invent-names.ts';
import { type Identity, inventIdentity } from './invent-identity.ts';
import { type Random, createRandom } from './random.ts';
import type { CoursePlan } from './plan-courses.ts';

/** How someone goes about a course. */
export type Archetype = 'never_starts' | 'drops_out' | 'steady' | 'stuck' | 'excels' | 'talks';

/** An invented person with an account. */
export interface Person extends Identity {
  readonly index: number;
  readonly userId: number;
  /** Index into `LOCALES`. */
  readonly locale: number;
  /** Hours ahead of UTC. */
  readonly shift: number;
  readonly mobile: boolean;
}

/** A person in a course: the plan of what happens, and how far the writing has come. */
export interface Enrollment {
  readonly person: Person;
  readonly course: CoursePlan;
  readonly archetype: Archetype;
  /** Power-law factor of how much is done, median about 1.4. */
  readonly energy: number;
  /** Activity falls between these two instants. */
  readonly activeFrom: number;
  readonly activeUntil: number;
  readonly enrolledAt: number;
  /** False: neither the LMS export nor the logs tell of it, only what the person does. */
  readonly known: boolean;
  /** Known to the LMS export; the others are known from the logs alone. */
  readonly inExport: boolean;
  readonly mode: string;
  /** Instant of a change from `audit` to `mode`, or null. */
  readonly upgradedAt: number | null;
  readonly unenrolledAt: number | null;
  readonly returnedAt: number | null;
  readonly cohort: string | null;
  /** The cohort stands in the logs only: the export leaves the field empty. */
  readonly cohortFromLogs: boolean;
  problem: number;
  tries: number;
  video: number;
}

/** The time of the logs, in microseconds. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

const ARCHETYPES: readonly (readonly [Archetype, number])[] = [
  ['never_starts', 21],
  ['drops_out', 44],
  ['steady', 19],
  ['stuck', 5],
  ['excels', 7],
  ['talks', 4],
];

/** Plans the people and their enrolments; one in ten also takes a second course. */
export function planLearners(
  seed: number,
  count: number,
  courses: readonly CoursePlan[],
  period: Period,
): Enrollment[] {
  const random = createRandom(seed, 'learners');
  const taken = new Map<string, number>();
  const enrollments: Enrollment[] = [];
  const shares = courses.map((course) => [course, course.share] as const);
  for (let index = 0; index < count; index += 1) {
    const locale = pickLocale(random);
    const identity = inventIdentity(LOCALES[locale]!, random, taken);
    const { shift } = LOCALES[locale]!;
    const person: Person = { index, userId: 1001 + index, ...identity, locale, shift, mobile: random.chance(0.35) };
    // The first of them go to one course each, so that even a tiny site has no empty course.
    const course = index < courses.length ? courses[index]! : random.weigh(shares);
    enrollments.push(planEnrollment(random, person, course, period));
    const second = random.pick(courses);
    if (second === course) continue;
    if (random.chance(0.1)) enrollments.push(planEnrollment(random, person, second, period));
    // Somebody who looks into a course without being enrolled.
    else if (random.chance(0.01))
      enrollments.push({ ...planEnrollment(random, person, second, period), known: false, inExport: false });
  }
  return enrollments;
}

/** Plans how one person takes one course. */
export function planEnrollment(random: Random, person: Person, course: CoursePlan, period: Period): Enrollment {
  const { start, end } = period;
  const enrolledAt = Math.floor(
    random.chance(0.45) ? start - random.between(HOUR, 40 * DAY) : start + (end - start) * random.next() ** 2.2 * 0.98,
  );
  const inLogs = enrolledAt >= start;
  const archetype = random.weigh(ARCHETYPES);
  const activeFrom = Math.max(start, enrolledAt) + random.between(0, 2 * DAY);
  const mode = random.weigh([
    ['audit', 62],
    ['honor', 18],
    ['verified', 20],
  ]);
  const upgraded = mode === 'verified' && random.chance(0.4) ? random.between(Math.max(start, enrolledAt), end) : null;
  const unenrolled = random.chance(0.05) ? random.between(Math.max(enrolledAt, start - 5 * DAY), end) : null;
  const returned =
    unenrolled !== null && unenrolled > start && random.chance(0.25) ? random.between(unenrolled, end) : null;
  const dropped = archetype === 'drops_out' ? activeFrom + random.next() * (end - activeFrom) : end;
  return {
    person,
    course,
    archetype,
    energy: Math.min(30, (1 - random.next()) ** -0.6),
    activeFrom,
    enrolledAt,
    activeUntil: unenrolled !== null && returned === null ? Math.min(unenrolled, dropped) : dropped,
    known: course.enrollmentsKnown,
    inExport: course.enrollmentsKnown && !(inLogs && random.chance(0.2)),
    mode,
    upgradedAt: upgraded === null ? null : Math.floor(upgraded),
    unenrolledAt: unenrolled === null ? null : Math.floor(unenrolled),
    returnedAt: returned === null ? null : Math.floor(returned),
    cohort: course.cohorts.length > 0 && random.chance(0.85) ? random.pick(course.cohorts) : null,
    cohortFromLogs: random.chance(0.2),
    problem: 0,
    tries: 0,
    video: 0,
  };
}
