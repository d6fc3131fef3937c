import { awaitAll } from '../await-all.ts';
import { PRESENT_NAME } from '../store/present-name.ts';
import type { Store } from '../store/store.ts';
import { touchCourses } from '../store/touch.ts';
import { markOthers } from './left-stagings.ts';
import type { Staging } from './staging.ts';
import { touchFresh } from './touch-fresh.ts';

/** Rows whose hashes are held in memory at once. */
const SLICE_ROWS = 2_000_000;

/** From so many rows on two statements insert them: the engine spends most of the time of one on sorting, in one thread. */
const SHARED_ROWS = 100_000;

/** The rows are known to be different, so the engine need not look for the same ones among them. */
const EACH_ONCE = 'SETTINGS optimize_on_insert = 0';

/**
 * Merges the staged rows into facts, roster changes and identities: those that are not there yet, each once, and marks
 * their learners as touched. Doing it again changes nothing; killed in between, the next ingest of the same files heals it, and
 * what had come that far is marked by whoever removes the staging. Gives how many facts are new; they count attempted and completed apart.
 */
export async function mergeStaged(store: Store, staging: Staging): Promise<number> {
  const [{ rows }] = (await store.read<{ rows: number }>(
    `SELECT count() AS rows FROM ${staging.table} WHERE reason = ''`,
  )) as [{ rows: number }];
  if (rows === 0) return 0;
  const [newFacts] = await awaitAll([mergeSlices(store, staging, rows), mergeIdentities(store, staging)]);
  if (!store.embedded) await markOthers(store, staging.fresh);
  return newFacts;
}

async function mergeSlices(store: Store, staging: Staging, rows: number): Promise<number> {
  const slices = Math.ceil(rows / SLICE_ROWS);
  let newFacts = 0;
  for (let slice = 0; slice < slices; slice += 1) newFacts += await mergeSlice(store, staging, { slices, slice });
  return newFacts;
}

/** One slice of the hashes, so that memory does not grow with the size of the files. */
async function mergeSlice(store: Store, staging: Staging, params: { slices: number; slice: number }): Promise<number> {
  const isSlice = 'hash % {slices:UInt32} = {slice:UInt32}';
  await store.run(
    `INSERT INTO ${staging.fresh}
     WITH candidates AS (SELECT * FROM ${staging.table} WHERE reason = '' AND ${isSlice} AND ${store.keeps})
     SELECT * FROM candidates
     WHERE hash NOT IN (
       SELECT hash FROM facts
       WHERE (course_id, day) IN (SELECT course_id, toDate(time) FROM candidates WHERE action = '')
         AND hash IN (SELECT hash FROM candidates WHERE action = '')
       UNION ALL
       SELECT hash FROM roster_changes
       WHERE course_id IN (SELECT course_id FROM candidates WHERE action != '')
         AND hash IN (SELECT hash FROM candidates WHERE action != ''))
     LIMIT 1 BY hash`,
    params,
  );
  const [counted] = await store.read<{ events: number; changes: number; facts: number }>(
    `SELECT countIf(action = '') AS events, countIf(action != '') AS changes, events + countIf(completed) AS facts FROM ${staging.fresh}`,
  );
  if (counted === undefined || counted.events + counted.changes === 0) return 0;
  // Before the rows, so that a kill in between leaves a learner refreshed once too often.
  await touchFresh(store, staging.fresh);
  staging.isUnmarked = true;
  if (counted.events > 0)
    await store.run(
      `INSERT INTO learner_activity
       SELECT course_id, username, user_id, max(toDate(time)) FROM ${staging.fresh} WHERE action = '' GROUP BY course_id, username, user_id`,
    );
  const shares = counted.events === 0 ? 0 : counted.events < SHARED_ROWS ? 1 : 2;
  const writing = Array.from({ length: shares }, async (_, share) =>
    store.run(
      `INSERT INTO facts (course_id, day, username, hash, time, user_id, kind, entity, completed)
       SELECT course_id, toDate(time), username, hash, time, user_id, kind, entity, completed
       FROM ${staging.fresh} WHERE action = '' AND bitShiftRight(hash, 64) % {shares:UInt8} = {share:UInt8} ${EACH_ONCE}`,
      { shares, share },
    ),
  );
  if (counted.changes > 0)
    writing.push(
      store.run(
        `INSERT INTO roster_changes (course_id, user_id, username, time, hash, action, value)
         SELECT course_id, user_id, username, time, hash, action, if(kind = 'cohort', entity, value)
         FROM ${staging.fresh} WHERE action != '' ${EACH_ONCE}`,
      ),
    );
  await awaitAll(writing);
  // And after, for a refresh by another process that ran meanwhile.
  if (!store.embedded) await touchFresh(store, staging.fresh);
  await store.run(`TRUNCATE TABLE ${staging.fresh}`);
  staging.isUnmarked = false;
  return counted.facts;
}

const knownSql = (ids: string) => `FROM identities WHERE user_id IN (${ids})`;

/** Pairs of user_id and username; one that is not the present one may name the learner of an enrolment known by user_id alone from now on. */
async function mergeIdentities(store: Store, staging: Staging): Promise<void> {
  const pairs = `SELECT user_id, username, max(time) AS last_seen FROM ${staging.table}
     WHERE reason = '' AND user_id > 0 AND username != '' GROUP BY user_id, username`;
  const all = `SELECT user_id FROM ${staging.table} WHERE reason = ''`;
  const renamed = `SELECT user_id FROM (${pairs}) WHERE (user_id, username) NOT IN (SELECT user_id, username ${knownSql(all)})`;
  // of the few ids that are meant alone: a batch may be about a million people
  const unnamed = `SELECT DISTINCT user_id, username FROM ${staging.table}
     WHERE reason = '' AND user_id > 0 AND username != '' AND user_id IN (SELECT user_id FROM roster_changes WHERE username = '')`;
  const knownUnnamed = knownSql(`SELECT user_id FROM (${unnamed})`);
  const touched = await store.read<{ course_id: string }>(
    `SELECT DISTINCT course_id FROM roster_changes WHERE username = '' AND user_id IN (
       SELECT user_id FROM (${unnamed})
       WHERE (user_id, username) NOT IN (SELECT user_id, ${PRESENT_NAME} ${knownUnnamed} GROUP BY user_id)
         AND user_id NOT IN (SELECT user_id ${knownUnnamed} AND from_lms))`,
  );
  // A known user_id under a new name is somebody renamed: what is under the former names is theirs from now on.
  const former = await store.read<{ username: string }>(
    `SELECT DISTINCT username FROM identities WHERE user_id IN (${renamed}) LIMIT 10000`,
  );
  if (former.length > 0) {
    const names = former.map(({ username }) => username);
    touched.push(
      ...(await store.read<{ course_id: string }>(
        'SELECT DISTINCT course_id FROM facts WHERE username IN {names:Array(String)}',
        { names },
      )),
    );
  }
  const courses = touched.map(({ course_id }) => course_id);
  await touchCourses(store, courses);
  staging.unmarkedCourses = courses;
  await store.run(
    `INSERT INTO identities (user_id, username, from_lms, last_seen)
     SELECT user_id, username, false, last_seen FROM (${pairs})`,
  );
  if (!store.embedded) await touchCourses(store, courses);
  staging.unmarkedCourses = [];
}
