import { setImmediate as takeTurns } from 'node:timers/promises';
import type { Store } from '../store/store.ts';
import type { CourseCopy } from './copy/course-copy.ts';
import { tellEach, tellLearners } from './copy/learner-json.ts';
import { MemoryBlocks } from './copy/memory-blocks.ts';
import type { TellOptions } from './copy/put-learner.ts';
import type { JsonRecord } from './copy/record-writer.ts';
import { selectLearners } from './copy/select-learners.ts';
import type { Course } from './course.ts';
import { openCourse } from './course-in-range.ts';
import { foldTerms } from './fold-texts.ts';
import type { DateRange, Learner } from './learner.ts';
import { METRICS } from './metrics.ts';
import type { RosterFilter } from './roster-filter.ts';
import type { RosterOrder } from './roster-order.ts';
import { tellTidbits } from './tidbits.ts';

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
export async function listLearners(
  store: Store,
  query: RosterQuery,
  options: TellOptions = { lmsUrl: null },
): Promise<RosterPage> {
  return turnPage(store, query, options, (count, json) => ({
    count,
    learners: JSON.parse(json.toString()) as Learner[],
  }));
}

/** The same page as JSON that is framed: `frame` is told how many learners match, and gives an object that gets them as `results`. */
export async function tellPage(
  store: Store,
  query: RosterQuery,
  options: TellOptions,
  frame: (count: number) => object,
): Promise<Buffer<ArrayBuffer>> {
  return turnPage(store, query, options, (count, learners) => {
    const framed = JSON.stringify(frame(count));
    return join([Buffer.from(`${framed.slice(0, -1)},"results":`), learners, CLOSING]);
  });
}

const CLOSING = Buffer.from('}');

const BLOCK = 262_144;

/** Some pages that are told one after the other lie in one block, which goes when the last of them is sent: a server tells a twelfth more. */
const blocks = new MemoryBlocks(BLOCK);

function join(parts: readonly Buffer[]): Buffer<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > BLOCK / 4) return Buffer.concat(parts);
  const joined = blocks.take(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** @param take gets a page as a JSON array, which it has to read or copy at once */
async function turnPage<Page>(
  store: Store,
  query: RosterQuery,
  options: TellOptions,
  take: (count: number, learners: Buffer) => Page,
): Promise<Page> {
  const terms = await foldTerms(store, query.terms ?? []);
  const opened = await openCourse(store, query.courseId, query.range, query.snapshot);
  if (opened === null) return take(0, Buffer.from('[]'));
  const { course, copy } = opened;
  return copy.use(() => {
    const { count, pick } = arrange(copy, course, query, terms);
    return take(count, tellLearners(copy, course, pick(query.offset, query.limit), options));
  });
}

/** Learners that are read before others have their turn: some milliseconds. */
const PART = 100;

/**
 * All learners of a course who match, in order, out of one snapshot; `offset` and `limit` say nothing here. `take` gets one after
 * the other, valid until it returns, a part of them whenever the generator is asked, which holds files open until it is read to its
 * end or returned. Null for a course that is not known.
 */
export async function readRoster(
  store: Store,
  query: Omit<RosterQuery, 'offset' | 'limit'>,
  options: TellOptions,
  take: (learner: JsonRecord) => void,
): Promise<AsyncGenerator<void> | null> {
  const terms = await foldTerms(store, query.terms ?? []);
  const opened = await openCourse(store, query.courseId, query.range, query.snapshot);
  if (opened === null) return null;
  const { course, copy } = opened;
  return copy.use(async () => {
    const { count, pick } = arrange(copy, course, query, terms);
    const numbers = pick(0, count);
    const parts = readParts(copy, numbers.length, (start, end) =>
      tellEach(copy, course, numbers.subarray(start, end), options, take),
    );
    // from here on it holds the files by itself
    await parts.next();
    return parts;
  });
}

async function* readParts(
  copy: CourseCopy,
  count: number,
  read: (start: number, end: number) => void,
): AsyncGenerator<void> {
  copy.retain();
  try {
    yield;
    for (let start = 0; start < count; start += PART) {
      read(start, start + PART);
      yield;
      await takeTurns();
    }
  } catch (error) {
    throw copy.doubt(error);
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
  const count = selected?.size ?? copy.meta.count;
  const pick = (offset: number, limit: number) => {
    const page = { offset, limit };
    // learners are numbered by username
    if (orderBy === 'username' && !descending && selected !== null) return selected.page(page);
    const order = byNumbers ? numbers.ordered(copy, orderBy) : copy.ordered(orderBy);
    return selected === null ? order.page(page, descending) : order.pageOf(selected, page, descending);
  };
  return { count, pick };
}

/** One learner of a course by exact username, and what there is to say about them now (`tidbits`), as JSON; null when the roster has none of that name. */
export async function tellLearner(
  store: Store,
  courseId: string,
  username: string,
  { range, snapshot, ...options }: TellOptions & Pick<RosterQuery, 'range' | 'snapshot'>,
): Promise<Buffer<ArrayBuffer> | null> {
  const opened = await openCourse(store, courseId, range, snapshot);
  if (opened === null) return null;
  const { course, copy } = opened;
  return copy.use(() => {
    const number = copy.people.find(username);
    if (number === -1) return null;
    const learner = tellLearners(copy, course, Uint32Array.of(number), options).subarray('['.length, -'}]'.length);
    const tidbits = JSON.stringify(tellTidbits(copy, course, number));
    return Buffer.concat([learner, Buffer.from(`,"tidbits":${tidbits}}`)]);
  });
}

/** Whether the roster of a course has a learner of exactly this username. */
export async function hasLearner(store: Store, courseId: string, username: string): Promise<boolean> {
  const opened = await openCourse(store, courseId);
  if (opened === null) return false;
  const { copy } = opened;
  return copy.use(() => copy.people.find(username) !== -1);
}
