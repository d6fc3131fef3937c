/** SQL of the name that somebody has now, of the rows of `identities` about one id: what the LMS told last, else what the logs did. */
export const PRESENT_NAME = 'argMax(username, (from_lms, told_at, last_seen, username))';
