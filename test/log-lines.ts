/** A line of a tracking log without its end: an answer to a problem, with whatever is to be different. */
export function formatAttempt(
  fields: {
    username?: string;
    user_id?: number;
    problem?: string;
    course?: string;
    time?: string;
    success?: string;
    padding?: string;
  } = {},
): string {
  return JSON.stringify({
    username: fields.username ?? 'maria',
    event_type: 'problem_check',
    event_source: 'server',
    time: fields.time ?? '2026-11-20T10:00:00.000001+00:00',
    context: { course_id: fields.course ?? 'course-v1:A+B+C', user_id: fields.user_id },
    event: { problem_id: fields.problem ?? 'p1', success: fields.success ?? 'incorrect', padding: fields.padding },
  });
}

/** So many lines, each with its end, no two the same, none of a completed problem. */
export function formatAttempts(count: number, first = 0): string {
  return Array.from(
    { length: count },
    (_, index) => `${formatAttempt({ problem: `p${first + index}`, username: `learner_${(first + index) % 7}` })}\n`,
  ).join('');
}

/** An enrolment or cohort change. */
export function formatRosterChange(
  action: 'enrollment.activated' | 'enrollment.deactivated' | 'enrollment.mode_changed' | 'user_added' | 'user_removed',
  fields: { username?: string; user_id?: number; course?: string; time?: string; mode?: string; cohort?: string } = {},
): string {
  const type = action.startsWith('enrollment') ? `edx.course.${action}` : `edx.cohort.${action}`;
  return JSON.stringify({
    username: '',
    event_type: type,
    name: type,
    event_source: 'server',
    time: fields.time ?? '2026-11-01T10:00:00.000000+00:00',
    context: { course_id: fields.course ?? 'course-v1:A+B+C' },
    event: {
      course_id: fields.course ?? 'course-v1:A+B+C',
      user_id: fields.user_id,
      username: fields.username,
      mode: fields.mode,
      cohort_name: fields.cohort,
    },
  });
}
