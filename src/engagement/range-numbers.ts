import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits, Store } from '../store/store.ts';
import type { Course } from './course.ts';
import type { CourseCopy, Numbers } from './copy/course-copy.ts';
import { openCopy } from './copy/open-copy.ts';
import type { DateRange } from './learner.ts';
import { measureDistributions, readDistributions } from './measure-distributions.ts';
import { COUNTED_METRIC_NAMES, type CountedMetric, countedMetricsSql, factsSql, spillSql } from './metrics.ts';
import type { Distributions } from './ranges.ts';
import { findRenames, presentNameSql, renameParams } from './renames.ts';
import type { RosterOrder } from './roster-order.ts';

/** The metrics of another range than the window, of the learners of one snapshot. */
export class RangeNumbers {
  /** No other numbers have it. */
  readonly id: number;
  readonly distributions: Distributions;
  readonly #columns: ReadonlyMap<CountedMetric, Uint32Array>;
  readonly #orders = new Map<string, Uint32Array>();

  constructor(id: number, columns: ReadonlyMap<CountedMetric, Uint32Array>, distributions: Distributions) {
    this.id = id;
    this.#columns = columns;
    this.distributions = distributions;
  }

  readonly numbers: Numbers = (metric) => {
    const column = this.#columns.get(metric);
    if (column === undefined) throw new Error(`no numbers of ${metric}`);
    return column;
  };

  /** All learners of the snapshot in an order by these numbers. */
  ordered(copy: CourseCopy, orderBy: RosterOrder, descending: boolean): Uint32Array {
    const name = `${orderBy} ${descending}`;
    let order = this.#orders.get(name);
    if (order === undefined) {
      order = copy.sort(orderBy, descending, this.numbers);
      this.#orders.set(name, order);
    }
    return order;
  }
}

const LIMITS: Limits = { urgent: true, seconds: 120, memoryBytes: 2e9 };
const RECORD_WORDS = 1 + COUNTED_METRIC_NAMES.length;

let lastDraft = 0;

/** Counts the facts of `range` before the window's end, for those whom the course's snapshot lists. */
export async function computeNumbers(store: Store, course: Course, range: DateRange): Promise<RangeNumbers> {
  lastDraft = Math.max(lastDraft + 1, Date.now() * 1000);
  const draft = lastDraft;
  const end = range.end < course.window.end ? range.end : course.window.end;
  const renames = await findRenames(store, LIMITS);
  const params = {
    ...renameParams(renames),
    course: course.courseId,
    base: course.snapshot,
    snapshot: draft,
    start: range.start,
    end,
  };
  try {
    await store.run(
      `INSERT INTO learner_drafts (snapshot, username, ${COUNTED_METRIC_NAMES.join(', ')})
       SELECT {snapshot:UInt64}, username, ${countedMetricsSql()}
       FROM ${factsSql('course_id = {course:String} AND day >= {start:Date} AND day < {end:Date}', presentNameSql(renames, 'stated_name', 'user_id'))}
       WHERE username IN (SELECT username FROM learners WHERE snapshot = {base:UInt64})
       GROUP BY username
       SETTINGS ${spillSql(0.8e9)}`,
      params,
      LIMITS,
    );
    const [distributions, columns] = await Promise.all([
      measureDistributions(store, draft, 0, LIMITS),
      readColumns(store, course.snapshot, draft),
    ]);
    return new RangeNumbers(draft, columns, readDistributions(distributions));
  } finally {
    await store.run('ALTER TABLE learner_drafts DROP PARTITION {snapshot:UInt64}', { snapshot: draft }, LIMITS);
  }
}

/** The drafted metrics by the numbers of the learners in the copy of the snapshot; zeros for those not drafted. */
async function readColumns(store: Store, base: number, snapshot: number): Promise<Map<CountedMetric, Uint32Array>> {
  const copy = await openCopy(store, base);
  const columns = COUNTED_METRIC_NAMES.map(() => new Uint32Array(copy.meta.count));
  mkdirSync(store.spool, { recursive: true });
  const path = join(store.spool, `range-${randomBytes(8).toString('hex')}`);
  try {
    await store.save(
      { path, format: 'RowBinary' },
      `SELECT toUInt32(number), ${COUNTED_METRIC_NAMES.map((name) => `toUInt32(draft.${name})`).join(', ')}
       FROM (SELECT * FROM learner_drafts WHERE snapshot = {snapshot:UInt64}) AS draft
       INNER JOIN (
         SELECT rowNumberInAllBlocks() AS number, username
         FROM (SELECT username FROM learners WHERE snapshot = {base:UInt64} ORDER BY username)
       ) AS listed ON listed.username = draft.username`,
      { base, snapshot },
      LIMITS,
    );
    const bytes = readIfThere(path);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let at = 0; at < words.length; at += RECORD_WORDS) {
      const learner = words[at] ?? 0;
      for (const [index, column] of columns.entries()) column[learner] = words[at + 1 + index] ?? 0;
    }
  } finally {
    rmSync(path, { force: true });
  }
  return new Map(COUNTED_METRIC_NAMES.map((name, index) => [name, columns[index] ?? new Uint32Array()]));
}

/** Nobody who did anything leaves no file. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return Buffer.alloc(0);
  }
}
