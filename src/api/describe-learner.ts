import type { Config } from '../config.ts';
import type { Learner } from '../engagement/learner.ts';

/** A learner as the API answers, with the address of the LMS account where an LMS is configured. */
export function describeLearner(learner: Learner, { lmsUrl }: Pick<Config, 'lmsUrl'>) {
  const { last_updated, username, user_id, name, email, ...rest } = learner;
  const account_url = lmsUrl === null ? null : `${lmsUrl}/api/user/v1/accounts/${encodeURIComponent(username)}`;
  return { last_updated, username, user_id, name, email, account_url, ...rest };
}
