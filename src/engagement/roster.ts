import { setImmediate as takeTurns } from 'node:timers/promises';
import type { Store } from '../store/store.ts';
import type { CourseCopy } from './copy/course-copy.ts';
import { openCopy } from './copy/open-copy.ts';
import { pickPage, selectLearners } from './copy/select-learners.ts';
import type { Course } from './course.ts';
import { getCourseInRange } from './course-in-range.ts';
import { describeLearner, describeLearners } from './describe-learner.ts';
import { foldTerms } from './fold-terms.ts';
import type { DateRange, Learner } from './learner.ts';
import { METRICS } from './metrics.ts';
import { type RosterFilter, splitTerms } from './roster-filter.ts';
import type { RosterOrder } from './roster-order.ts';
import { type Tidbit, tellTidbits } from './tidbits.ts';

/** Which learners of a course, in what order, which page. Everything outside has been checked. */
export interface RosterQuery extends RosterFilter {
  readonly courseId: string;
  /** What the metrics are of; absent: the current window. Segments are always those of the current window. */
  readonly range?: DateRange;
  /** As of which publication, if it is not gone yet; absent: the current one. */
  readonly snapshot?: number;
  readonly orderBy: RosterOrder;
  readonly descending: boolean;
  /** Which learners of the ordered list: `limit` of them after the first `offset`. */
  readonly offset: number;
  readonly limit: number;
}

export interface RosterPage {
  /** How many learners match, over all pages. */
  readonly count: number;
  readonly learners: readonly Learner[];
}

/** A page of the learners of a course who match; empty for a course that is not known. */
export async function listLearners(store: Store, query: RosterQuery): Promise<RosterPage> {
  const course = await getCourseInRange(store, query.courseId, query.range, query.snapshot);
  if (course === null) return { count: 0, learners: [] };
  const terms = await foldTerms(store, splitTerms(query.textSearch));
  const copy = await openCopy(store, course);
  return copy.use(() => {
    const { count, pick } = arrange(copy, course, query, terms);
    return { count, learners: describeLearners(copy, course, pick(query.offset, query.limit)) };
  });
}

export interface Roster {
  readonly count: number;
  /** Everyone who matches, in order, part by part. Holds files open until it is read to its end or returned. */
  readonly learners: AsyncGenerator<readonly Learner[]>;
}

/** Learners that are read before others have their turn: some milliseconds. */
const PART = 100;

/** All learners of a course who match, in order, out of one snapshot; `offset` and `limit` say nothing here. Null for a course that is not known. */
export async function readRoster(store: Store, query: Omit<RosterQuery, 'offset' | 'limit'>): Promise<Roster | null> {
  const course = await getCourseInRange(store, query.courseId, query.range, query.snapshot);
  if (course === null) return null;
  const terms = await foldTerms(store, splitTerms(query.textSearch));
  const copy = await openCopy(store, course);
  return copy.use(async () => {
    const { count, pick } = arrange(copy, course, query, terms);
    const learners = readParts(copy, course, pick(0, count));
    // from here on it holds the files by itself
    await learners.next();
    return { count, learners };
  });
}

async function* readParts(copy: CourseCopy, course: Course, numbers: Uint32Array): AsyncGenerator<readonly Learner[]> {
  copy.retain();
  try {
    yield [];
    for (let start = 0; start < numbers.length; start += PART) {
      const part = numbers.subarray(start, start + PART);
      yield describeLearners(copy, course, part);
      await takeTurns();
    }
  } finally {
    copy.release();
  }
}

/** Who matches, in order. */
function arrange(
  copy: CourseCopy,
  course: Course,
  query: Omit<RosterQuery, 'offset' | 'limit'>,
  terms: readonly string[],
): { readonly count: number; readonly pick: (offset: number, limit: number) => Uint32Array } {
  const { numbers } = course;
  const { cohort, enrollmentMode, segments, ignoreSegments, bounds, orderBy, descending } = query;
  const filter = { cohort, enrollmentMode, segments, ignoreSegments, bounds };
  const select = () => selectLearners(copy, numbers?.numbers ?? copy.numbers, filter as RosterFilter, terms);
  // the numbers of another range are not the copy's to remember
  const ofWindow = numbers === undefined || bounds === undefined;
  const selected = ofWindow ? copy.selection(JSON.stringify([filter, terms]), select) : select();
  const byNumbers = numbers !== undefined && ([...METRICS, 'attempt_ratio_order'] as string[]).includes(orderBy);
  const count = selected?.length ?? copy.meta.count;
  const pick = (offset: number, limit: number) => {
    // learners are numbered by username
    if (orderBy === 'username' && !descending && selected !== null) return selected.slice(offset, offset + limit);
    const order = byNumbers ? numbers.ordered(copy, orderBy, descending) : copy.ordered(orderBy, descending);
    return pickPage(order, selected, { offset, limit });
  };
  return { count, pick };
}

/** A learner, and what there is to say about them now. */
export type LearnerInDetail = Learner & { readonly tidbits: readonly Tidbit[] };

/** One learner of a course by exact username; null when the roster has none of that name. */
export async function getLearner(
  store: Store,
  courseId: string,
  username: string,
  range?: DateRange,
): Promise<LearnerInDetail | null> {
  const course = await getCourseInRange(store, courseId, range);
  if (course === null) return null;
  const copy = await openCopy(store, course);
  return copy.use(() => {
    const number = copy.people.find(username);
    if (number === -1) return null;
    const learner = describeLearner(copy, course, number);
    return { ...learner, tidbits: tellTidbits(copy, course, number, learner) };
  });
}
