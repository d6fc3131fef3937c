/**
 * SQL of the name that somebody has now, of the rows of `identities` about one id: what the LMS told last, else what the logs did. When logs
 * had a name that the LMS told does not count: it is in the same row only once the engine has put the rows together.
 */
export const PRESENT_NAME =
  "argMax(username, (from_lms, told_at, if(from_lms, toDateTime64(0, 6, 'UTC'), last_seen), username))";
