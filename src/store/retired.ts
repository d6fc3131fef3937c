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

/** SQL of the id, of the rows of `identities` about one name, of who is called so now. */
export const PRESENT_ID = 'argMax(user_id, (from_lms, told_at, last_seen, user_id))';

const PEOPLE = `SELECT user_id FROM lms_users FINAL WHERE username IN (${STILL_RETIRED})`;

/** The same of all names of those people, the present and the former, by which nobody else is called now. */
export const NAMES_OF_RETIRED = `${RETIRED_NAMES}
  UNION DISTINCT
  SELECT username FROM identities
  WHERE username IN (SELECT username FROM identities WHERE user_id IN (${PEOPLE}))
  GROUP BY username
  HAVING ${PRESENT_ID} IN (${PEOPLE})`;
