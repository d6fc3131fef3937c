import type { DateRange, Learner } from '../src/engagement/learner.ts';
import { tellLearner } from '../src/engagement/roster.ts';
import type { Tidbit } from '../src/engagement/tidbits.ts';
import type { Store } from '../src/store/store.ts';

type LearnerInDetail = Learner & { readonly tidbits: readonly Tidbit[] };

/** A learner as the API tells of them; null when the roster has none of that name. */
export async function getLearner(
  store: Store,
  courseId: string,
  username: string,
  range?: DateRange,
): Promise<LearnerInDetail | null> {
  const told = await tellLearner(store, courseId, username, { ...(range !== undefined && { range }), lmsUrl: null });
  return told === null ? null : (JSON.parse(told.toString()) as LearnerInDetail);
}
