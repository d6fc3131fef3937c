/** SQL of the usernames under which people are here whom the LMS has retired. */
export const RETIRED_NAMES = 'SELECT username FROM lms_users FINAL WHERE retired';
