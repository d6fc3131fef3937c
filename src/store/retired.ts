import { PRESENT_NAME } from './present-name.ts';

/** SQL of the usernames of which the LMS told last that whoever was called so is retired. */
export const RETIRED_NAMES = 'SELECT username FROM lms_users FINAL WHERE retired';

/** The same of those under which the retired are here still: some are in the LMS under another name again. */
export const STILL_RETIRED = `SELECT username FROM lms_users FINAL
  WHERE retired AND (username, user_id) IN (
    SELECT ${PRESENT_NAME} AS present, user_id
    FROM identities
    WHERE user_id IN (SELECT user_id FROM lms_users WHERE retired)
    GROUP BY user_id)`;

/** The same of all names of those people, the present and the former. */
export const NAMES_OF_RETIRED = `SELECT username FROM lms_users FINAL
  WHERE retired OR user_id IN (SELECT user_id FROM lms_users FINAL WHERE username IN (${STILL_RETIRED}))`;
