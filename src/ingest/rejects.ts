/** Why a line that names an event of ours gives nothing, in the order in which they are checked; each with its meaning for operators. */
export const REJECT_REASONS = {
  not_json: 'the line holds no JSON object, or one that is cut off or followed by something',
  too_long: 'the line is longer than 8 MiB',
  no_username: 'nobody is named',
  bad_username: 'the name is no learner: anonymous, unknown, or over 30 characters (a retired account)',
  no_course: 'no course is named, in the context or the URL',
  bad_course: 'what is named as the course is no course key',
  bad_time: 'there is no time, or it is no real one',
  future_time: 'the time is more than a day ahead',
  bad_payload: 'the payload is no JSON object',
  no_entity: 'the payload does not say which problem, video, topic or cohort, or by more than 255 characters',
  forgotten: 'the learner was forgotten (learner forget), and stays so',
} as const;

export type RejectReason = keyof typeof REJECT_REASONS;
