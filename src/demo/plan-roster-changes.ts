import { DAY, MINUTE } from './format-text.ts';
import type { Enrollment, Period } from './plan-learners.ts';
import { type Random, createRandom } from './random.ts';
import type { Actor } from './roster-lines.ts';

/** One change to a roster that the logs tell of. */
export interface RosterChange {
  readonly at: number;
  readonly enrollment: Enrollment;
  readonly event: 'activated' | 'deactivated' | 'mode_changed' | 'user_added' | 'user_removed';
  /** The mode of an enrolment event, the cohort of a cohort event. */
  readonly value: string;
  readonly actor: Actor;
}

const ACTORS: readonly (readonly [Actor, number])[] = [
  ['learner', 74],
  ['command', 8],
  ['anonymous', 5],
  ['staff', 9],
  ['staff_by_name', 4],
];

/** The enrolment and cohort changes within the period, in order of time. */
export function planRosterChanges(seed: number, enrollments: readonly Enrollment[], period: Period): RosterChange[] {
  const random = createRandom(seed, 'roster');
  const changes: RosterChange[] = [];
  for (const enrollment of enrollments) {
    if (enrollment.known)
      changes.push(...planEnrollmentChanges(random, enrollment), ...planCohortChanges(random, enrollment, period));
  }
  return changes
    .filter((change) => change.at >= period.start && change.at < period.end)
    .toSorted((a, b) => a.at - b.at || a.enrollment.person.index - b.enrollment.person.index);
}

function planEnrollmentChanges(random: Random, enrollment: Enrollment): RosterChange[] {
  const { mode, enrolledAt, upgradedAt, unenrolledAt, returnedAt } = enrollment;
  const first = upgradedAt === null ? mode : 'audit';
  const change = (at: number | null, event: RosterChange['event'], value: string): RosterChange[] =>
    at === null ? [] : [{ at, enrollment, event, value, actor: random.weigh(ACTORS) }];
  return [
    ...change(enrolledAt, 'activated', first),
    ...change(upgradedAt, 'mode_changed', mode),
    ...change(unenrolledAt, 'deactivated', random.chance(0.3) ? '' : mode),
    ...change(returnedAt, 'activated', mode),
  ];
}

/** Cohorts of people outside the export stand in the logs; some moved, and some left theirs for none. */
function planCohortChanges(random: Random, enrollment: Enrollment, period: Period): RosterChange[] {
  const { cohort, course } = enrollment;
  const inLogs = !enrollment.inExport || enrollment.cohortFromLogs;
  if (cohort === null || !inLogs) return [];
  const from = Math.max(enrollment.enrolledAt, period.start);
  const change = (at: number, event: RosterChange['event'], value: string): RosterChange => ({
    at: Math.floor(at),
    enrollment,
    event,
    value,
    actor: random.weigh(ACTORS.slice(0, 4)),
  });
  const added = from + random.between(MINUTE, DAY / 2);
  const later = random.between(added, Math.max(added + DAY, period.end));
  const fate = random.next();
  if (fate < 0.7) return [change(added, 'user_added', cohort)];
  const former = random.pick(course.cohorts);
  const moved = [change(added, 'user_added', former), change(later, 'user_removed', former)];
  return fate < 0.9 ? [...moved, change(later + 40_000, 'user_added', cohort)] : moved;
}
