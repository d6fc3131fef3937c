import { type Speaker, formatServerLine } from './format-line.ts';
import { quote } from './format-text.ts';
import type { Person } from './plan-learners.ts';

/** Who a line says made a change to the roster. */
export type Actor =
  /** The learner: username and both user ids agree. */
  | 'learner'
  /** A management command: no username, the learner is the payload's user id. */
  | 'command'
  /** The old form of the same: the username is `anonymous`. */
  | 'anonymous'
  /** A member of staff: the learner is the payload's user id. */
  | 'staff'
  /** A member of staff, and the payload names the learner. */
  | 'staff_by_name';

/** One enrolment event. `staff` speaks where the actor is staff. */
export function formatEnrollment(
  speakers: { readonly learner: Speaker; readonly staff: Speaker },
  time: string,
  person: Pick<Person, 'userId' | 'username'>,
  change: {
    readonly event: 'activated' | 'deactivated' | 'mode_changed';
    readonly mode: string;
    readonly actor: Actor;
  },
): string {
  const byName = change.actor === 'staff_by_name' ? `, "username": ${quote(person.username)}` : '';
  return formatServerLine(pickSpeaker(speakers, change.actor), time, `edx.course.enrollment.${change.event}`, {
    path: '"/change_enrollment"',
    payload: `{"user_id": ${person.userId}, "mode": "${change.mode}", "course_id": ${speakers.learner.courseIdText}${byName}}`,
  });
}

/** One cohort event; `cohort` null writes one without a cohort name. */
export function formatCohort(
  speakers: { readonly learner: Speaker; readonly staff: Speaker },
  time: string,
  person: Pick<Person, 'userId'>,
  change: { readonly event: 'user_added' | 'user_removed'; readonly cohort: string | null; readonly actor: Actor },
): string {
  const named = change.cohort === null ? '' : `, "cohort_name": ${quote(change.cohort)}`;
  return formatServerLine(pickSpeaker(speakers, change.actor), time, `edx.cohort.${change.event}`, {
    path: speakers.learner.course.style === 'old' ? '"/cohort"' : '"/api/cohorts/v1/"',
    payload: `{"cohort_id": ${(change.cohort ?? '').length * 7 + 3}${named}, "user_id": ${person.userId}}`,
  });
}

function pickSpeaker(speakers: { readonly learner: Speaker; readonly staff: Speaker }, actor: Actor): Speaker {
  if (actor === 'learner') return speakers.learner;
  if (actor === 'staff' || actor === 'staff_by_name') return speakers.staff;
  return { ...speakers.learner, usernameText: actor === 'anonymous' ? '"anonymous"' : '""', userIdText: 'null' };
}
