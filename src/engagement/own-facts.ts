import type { Params, Store } from '../store/store.ts';
import type { Course } from './course.ts';
import { openCopy } from './copy/open-copy.ts';
import { type Renames, recallRenames } from './renames.ts';

export interface OwnFacts {
  /** Number of the learner in the copy of the course's snapshot. */
  readonly number: number;
  /** The condition on `facts`. */
  readonly where: string;
  readonly params: Params;
}

/**
 * Which facts are those of one learner of a published course: under the present name and former ones, and not those of
 * others who bore that name once. Null when the roster has no such learner.
 */
export async function findOwnFacts(store: Store, course: Course, username: string): Promise<OwnFacts | null> {
  const [copy, renames] = await Promise.all([openCopy(store, course.snapshot), recallRenames(store)]);
  return copy.use(() => {
    const number = copy.people.find(username);
    if (number === -1) return null;
    const [, id] = copy.people.doc(number);
    return { number, ...chooseOwnFacts(renames, course.courseId, username, typeof id === 'number' ? id : 0) };
  });
}

function chooseOwnFacts({ ids, names, all }: Renames, courseId: string, username: string, userId: number) {
  const own = ids.indexOf(userId);
  const others = ids.filter(
    (id, index) => id !== userId && names[index] !== username && all[index]?.includes(username),
  );
  return {
    where: `course_id = {course:String} AND username IN {names:Array(String)}
      AND (user_id = {user_id:UInt64} OR (username = {username:String} AND user_id NOT IN {others:Array(UInt64)}))`,
    params: {
      course: courseId,
      username,
      user_id: userId,
      names: own === -1 ? [username] : [...new Set([username, ...(all[own] ?? [])])],
      others,
    },
  };
}
