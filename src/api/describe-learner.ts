import type { Config } from '../config.ts';
import type { Learner } from '../engagement/learner.ts';

/** A learner as the API answers, with the address of the LMS account where an LMS is configured. */
export function describeLearner<Described extends Learner>(
  learner: Described,
  { lmsUrl }: Pick<Config, 'lmsUrl'>,
): Described {
  if (lmsUrl === null) return learner;
  return { ...learner, account_url: `${lmsUrl}/api/user/v1/accounts/${encodeURIComponent(learner.username)}` };
}
