import { randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readForgetSalt } from './forgotten.ts';
import { removeForgotten } from './remove-forgotten.ts';
import type { Store } from './store.ts';
import { touchCourses } from './touch.ts';

/** How the rows of a table are told apart, and compared between two nodes. */
interface Table {
  readonly name: string;
  /** Whether rows of one key are put together as they are read. */
  readonly final: boolean;
  /** SQL of a text by which the rows are divided; only what differs is copied. */
  readonly bucket: string;
}

/** What belongs to a course. Taking rows of another node into these twice, and in any order, changes nothing. */
const COURSE_SETS: readonly Table[] = [
  { name: 'facts', final: true, bucket: "concat(course_id, ' ', toString(toYYYYMM(day)))" },
  { name: 'roster_changes', final: true, bucket: 'toString(course_id)' },
  { name: 'learner_activity', final: true, bucket: 'toString(course_id)' },
];

/** The same, where what comes later is in force. */
const COURSE_STATES: readonly Table[] = [{ name: 'lms_enrollments', final: true, bucket: 'toString(course_id)' }];

/** What every node has whole, by which courses are reckoned. */
const PEOPLE: readonly Table[] = [
  { name: 'identities', final: true, bucket: 'toString(user_id % 1024)' },
  { name: 'lms_users', final: true, bucket: 'toString(cityHash64(username) % 1024)' },
];

/** The same of courses, also of those that nothing else is known of. */
const COURSE_NAMES: Table = { name: 'lms_courses', final: true, bucket: 'course_id' };

/** What every node has whole, and in which rows may be taken back: it becomes what the other node has. */
const WHOLE = "'all'";
const ROLES: Table = { name: 'course_roles', final: false, bucket: WHOLE };
const SALT: Table = { name: 'forgotten_salt', final: false, bucket: WHOLE };
const FORGET_LIST: readonly Table[] = [SALT, { name: 'forgotten', final: true, bucket: WHOLE }];
const NOTES: readonly Table[] = [
  { name: 'api_keys', final: true, bucket: WHOLE },
  { name: 'api_key_uses', final: true, bucket: WHOLE },
  { name: 'ended_sessions', final: true, bucket: WHOLE },
  { name: 'audit_log', final: false, bucket: WHOLE },
  { name: 'log_places', final: true, bucket: WHOLE },
  { name: 'lms_imports', final: false, bucket: WHOLE },
];

/** What is removed of a course when it has another shard. */
const COURSE_TABLES = [...COURSE_SETS, ...COURSE_STATES].map(({ name }) => name);
const COURSE_MARKS = ['touched_courses', 'touched_learners', 'snapshots'];

/** Rows that are in memory at once, about, when differing buckets are copied. */
const COPIED_ROWS = 2_000_000;

/** From whom a node gets what it lacks. */
export interface Sources {
  /** Who has what all nodes have; one that lacks nothing, or all others. */
  readonly all: readonly Store[];
  /** The same of its shard. */
  readonly shard: readonly Store[];
  /** Whether those of `all` lack nothing themselves, so that what they do not have is to go. */
  readonly whole: boolean;
}

/** Brings a node what it missed, and marks the courses that are to be refreshed for it. */
export async function pullMissing(to: Store, { all, shard, whole }: Sources): Promise<void> {
  for (const from of all) {
    await pullForgetList(from, to, whole);
    for (const table of NOTES) await pullTable(from, to, table, { whole });
    const touch = async () => touchCourses(to, await listCourseIds(to), { facts: true });
    for (const table of PEOPLE) await pullTable(from, to, table, { touch });
    await pullTable(from, to, ROLES, { whole, touch });
    await pullTable(from, to, COURSE_NAMES, { touch: async (named) => touchCourses(to, await findKnown(to, named)) });
  }
  for (const from of shard) await pullCourses(from, to, await listCourseIds(from));
  // last, and each time: it may have been broken off, and others may have had rows of them still
  if (shard.length > 0) await removeAllForgotten(to);
}

/** Where nobody is on the list the salt means nothing, as that of a node that was set up anew: beside another it might be taken for it. */
async function pullForgetList(from: Store, to: Store, whole: boolean): Promise<void> {
  const [theirs, own] = await Promise.all([readForgetSalt(from), readForgetSalt(to)]);
  if (!whole && theirs === null && own !== null) return;
  for (const table of FORGET_LIST)
    await pullTable(from, to, table, { whole: whole || (own === null && theirs !== null) });
}

/** Gives a node the salt with which others hash names on their forget list. */
export async function pullSalt(from: Store, to: Store): Promise<void> {
  await pullTable(from, to, SALT, { whole: true });
}

/**
 * Brings a node the rows of these courses that another has and it has not. `sets`: no states, of which it may have newer
 * ones by now.
 */
export async function pullCourses(
  from: Store,
  to: Store,
  courses: readonly string[],
  { sets = false }: { readonly sets?: boolean } = {},
): Promise<void> {
  for (const table of sets ? COURSE_SETS : [...COURSE_SETS, ...COURSE_STATES]) {
    await pullTable(from, to, table, {
      courses,
      touch: async (buckets) => touchCourses(to, coursesOf(buckets), { facts: true }),
    });
  }
}

/** Every course of which a node has anything. */
export async function listCourseIds(store: Store): Promise<string[]> {
  const rows = await store.read<{ course_id: string }>(
    'SELECT DISTINCT course_id FROM touched_courses ORDER BY course_id',
  );
  return rows.map((row) => row.course_id);
}

async function findKnown(store: Store, courses: readonly string[]): Promise<string[]> {
  const known = new Set(await listCourseIds(store));
  return courses.filter((course) => known.has(course));
}

/** Removes courses that are on another shard, the list of them last: what is broken off is done by the next time. */
export async function removeCourses(store: Store, courses: readonly string[]): Promise<void> {
  for (const table of [...COURSE_TABLES, ...COURSE_MARKS.toReversed()]) {
    await store.run(
      `ALTER TABLE ${table} DELETE WHERE course_id IN {courses:Array(String)} SETTINGS mutations_sync = 1`,
      { courses },
    );
  }
}

interface PullOptions {
  /** Of these alone. */
  readonly courses?: readonly string[];
  /** What the other does not have goes. */
  readonly whole?: boolean;
  /** Marks what is refreshed for the buckets that change: before, for a kill in between, and after, for a refresh meanwhile. */
  readonly touch?: (buckets: readonly string[]) => Promise<void>;
}

/** Copies the buckets that differ, in files of this machine. */
async function pullTable(
  from: Store,
  to: Store,
  table: Table,
  { courses, whole = false, touch = async () => {} }: PullOptions,
): Promise<void> {
  if (courses?.length === 0) return;
  const [theirs, own] = await Promise.all([digest(from, table, courses), digest(to, table, courses)]);
  const known = new Map(own.map(({ bucket, hash }) => [bucket, hash]));
  const differing = theirs.filter(({ bucket, hash }) => known.get(bucket) !== hash);
  const isGone = whole && theirs.length < own.length;
  if (differing.length === 0 && !isGone) return;
  const names = differing.map(({ bucket }) => bucket);
  await touch(names);
  if (whole) await to.run(`TRUNCATE TABLE ${table.name}`);
  let [chunk, rows]: [string[], number] = [[], 0];
  for (const [index, each] of differing.entries()) {
    chunk.push(each.bucket);
    rows += each.rows;
    if (rows < COPIED_ROWS && index < differing.length - 1) continue;
    await copyBuckets(from, to, table, { courses: courses && coursesOf(chunk), buckets: chunk });
    [chunk, rows] = [[], 0];
  }
  await touch(names);
}

/** The courses of buckets of a table of courses. */
function coursesOf(buckets: readonly string[]): string[] {
  return [...new Set(buckets.map((bucket) => bucket.replace(/ \d+$/, '')))];
}

interface Digest {
  readonly bucket: string;
  readonly rows: number;
  readonly hash: string;
}

async function digest(store: Store, table: Table, courses: readonly string[] | undefined): Promise<Digest[]> {
  return store.read<Digest>(
    `SELECT ${table.bucket} AS bucket, count() AS rows, toString(groupBitXor(cityHash64(tuple(*)))) AS hash
     FROM (SELECT ${table.final ? '' : 'DISTINCT'} * FROM ${table.name} ${table.final ? 'FINAL' : ''} WHERE ${inCourses(courses)})
     GROUP BY bucket
     ORDER BY bucket`,
    courses === undefined ? {} : { courses },
  );
}

function inCourses(courses: readonly string[] | undefined): string {
  return courses === undefined ? 'true' : 'course_id IN {courses:Array(String)}';
}

async function copyBuckets(
  from: Store,
  to: Store,
  table: Table,
  { courses, buckets }: { readonly courses: readonly string[] | undefined; readonly buckets: readonly string[] },
): Promise<void> {
  const columns = await to.read<{ name: string; type: string }>(
    `SELECT name, type FROM system.columns
     WHERE database = currentDatabase() AND table = {table:String} AND default_kind != 'MATERIALIZED'
     ORDER BY position`,
    { table: table.name },
  );
  const names = columns.map(({ name }) => name).join(', ');
  const path = join(to.spool, `pull-${randomBytes(8).toString('hex')}`);
  try {
    await from.save(
      { path, format: 'Native' },
      `SELECT ${table.final ? '' : 'DISTINCT'} ${names} FROM ${table.name} ${table.final ? 'FINAL' : ''}
       WHERE ${inCourses(courses)} AND ${table.bucket} IN {buckets:Array(String)}`,
      { buckets, ...(courses !== undefined && { courses }) },
    );
    if (statSync(path).size === 0) return;
    // of rows that are not put together as they are read, what is there is not to be there twice
    const row = `cityHash64(tuple(${names}))`;
    const isNew = table.final ? 'true' : `${row} NOT IN (SELECT ${row} FROM ${table.name})`;
    await to.insertFiles(
      (source) => `INSERT INTO ${table.name} (${names}) SELECT ${names} FROM ${source} WHERE ${isNew}`,
      {
        paths: [path],
        format: 'Native',
        structure: columns.map(({ name, type }) => `${name} ${type}`).join(', '),
        compression: 'none',
      },
    );
  } finally {
    rmSync(path, { force: true });
  }
}

/** Removes those who were forgotten while the node was away, or while rows of them were on their way to it. */
export async function removeAllForgotten(store: Store): Promise<void> {
  const salt = await readForgetSalt(store);
  if (salt === null) return;
  const courses = await removeForgotten(store, { salt, person: '' });
  // which of them name somebody cannot be told any more; they are made again
  if (courses.length > 0) rmSync(store.copies, { recursive: true, force: true });
}
