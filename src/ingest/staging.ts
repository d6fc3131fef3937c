import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { regardless } from '../store/give-up.ts';
import { isForgottenSql, readForgetSalt } from '../store/forgotten.ts';
import { INGEST_TABLES } from '../store/leftover-tables.ts';
import type { Store } from '../store/store.ts';
import { touchCourses } from '../store/touch.ts';
import { isZstdComplete } from './check-zstd.ts';
import { DECODER_SETTINGS, decoderSql } from './decoder.ts';
import { FRESH, removeStagings } from './left-stagings.ts';
import { type Source, isInPlace } from './sources.ts';
import { touchFresh } from './touch-fresh.ts';

/** Where decoded lines wait until they are merged into the facts: a partition per batch, so that a batch of files counts whole or not at all. */
export interface Staging {
  /** Where the tables are. */
  readonly store: Store;
  readonly table: string;
  /** The same for the rows of it that are new, until they are in the facts and marked. */
  readonly fresh: string;
  /** So many batches were staged, or tried: each has a number of its own. */
  batches: number;
  /** With which the people are recognised who are to be forgotten; null when there are none. */
  readonly forgetSalt: string | null;
  /** Whether rows of `fresh` may have come into the facts without being marked since. */
  isUnmarked: boolean;
  /** Courses that names of this batch may have changed without their being marked since. */
  unmarkedCourses: readonly string[];
}

/** Of them nothing is taken, and the lines are counted. */
const FORGET = ` REPLACE (if(reason = '' AND ${isForgottenSql('username', 'toString(user_id)')}, 'forgotten', reason) AS reason)`;

const GONE = 'was moved or deleted before it was read';

/** The engine's code for it. */
const CANNOT_STAT = '400';

/** So the engine begins when a statement has used up what it was given, and no other limit: `User …` and `(total) …` say that others take too much. */
const OWN_MEMORY_USED_UP = 'Query memory limit exceeded';

/** Of staged lines, as in a CREATE TABLE. */
export const STAGED_COLUMNS = `
  batch UInt32,
  lines UInt32,
  reason LowCardinality(String),
  kind LowCardinality(String),
  hash UInt128,
  course_id LowCardinality(String),
  username String,
  user_id UInt64,
  time DateTime64(6, 'UTC'),
  entity LowCardinality(String),
  completed Bool,
  action LowCardinality(String),
  value LowCardinality(String)`;

/** The stagings of one batch: one for each attempt at each ClickHouse that takes part. They are removed at its end. */
export class Stagings implements AsyncDisposable {
  readonly #all: Staging[] = [];
  /** As what each ClickHouse is reached now, by its id: one that was silent is another store when it is back. */
  readonly #stores = new Map<string, Store>();

  /** Empty tables. Their names are known before they are made, so that none stays where the answer is lost. */
  async open(store: Store): Promise<Staging> {
    this.#stores.set(store.id, store);
    const staging = await nameStaging(store);
    this.#all.push(staging);
    const columns = `(${STAGED_COLUMNS}) ENGINE = MergeTree`;
    await store.run(`CREATE TABLE ${staging.table} ${columns} PARTITION BY batch ORDER BY tuple()`);
    await store.run(`CREATE TABLE ${staging.fresh} ${columns} ORDER BY tuple()`);
    return staging;
  }

  /** What cannot be dropped now, on a full disk or where nobody answers any more, is dropped by a later ingest. */
  async [Symbol.asyncDispose](): Promise<void> {
    const drops = this.#all.map(async (staging) => {
      const store = this.#stores.get(staging.store.id) ?? staging.store;
      return regardless(async () => dropStaging(store, staging));
    });
    await Promise.allSettled(drops);
  }
}

/** The names of tables to make, after removing what killed processes left. */
async function nameStaging(store: Store): Promise<Staging> {
  await removeStagings(store);
  const table = `${INGEST_TABLES}${randomBytes(8).toString('hex')}`;
  const forgetSalt = await readForgetSalt(store);
  return { store, table, fresh: `${table}${FRESH}`, batches: 0, forgetSalt, isUnmarked: false, unmarkedCourses: [] };
}

/**
 * Removes the tables. What a merge that did not come to its end may have changed is marked before: it may be there without
 * being marked since, a refresh that ran meanwhile saw the mark and not that, and to the next ingest it is not new.
 */
async function dropStaging(store: Store, staging: Staging): Promise<void> {
  const { table, fresh, isUnmarked, unmarkedCourses } = staging;
  if (isUnmarked || unmarkedCourses.length > 0) await waitForEnd(store, table);
  await store.run(`DROP TABLE IF EXISTS ${table} SYNC`);
  if (isUnmarked) await touchFresh(store, fresh);
  await touchCourses(store, unmarkedCourses);
  await store.run(`DROP TABLE IF EXISTS ${fresh} SYNC`);
}

/** So long a statement is waited for, which the engine goes on with after whoever gave it has gone. */
const WAIT_MS = 15_000;
const LOOK_MS = 200;

/** Waits until nothing is written from these tables any more. */
async function waitForEnd(store: Store, table: string): Promise<void> {
  const until = performance.now() + WAIT_MS;
  while (!store.embedded && performance.now() < until) {
    const [found] = await store.read<{ statements: number }>(
      `SELECT count() AS statements FROM system.processes
       WHERE query_kind = 'Insert' AND current_database = currentDatabase() AND position(query, {table:String}) > 0`,
      { table },
    );
    if (found?.statements === 0) return;
    await wait(LOOK_MS);
  }
}

/**
 * Decodes a batch of files, all packed the same way, into its partition of the staging table. Several files are read at once.
 * @throws AppError `source_unreadable` for a file that breaks off or is not what it seems; nothing of the batch stays.
 */
export async function stageFiles(store: Store, staging: Staging, files: readonly Source[], now: Date): Promise<void> {
  const batch = (staging.batches += 1);
  const { forgetSalt } = staging;
  requireStillThere(files);
  await requireCompleteZstd(files);
  try {
    await store.insertFiles(
      (source) =>
        `INSERT INTO ${staging.table}
         SELECT {batch:UInt32}, *${forgetSalt === null ? '' : FORGET} FROM (${decoderSql(source)})
         WHERE lines > 0 OR reason != 'irrelevant'
         SETTINGS ${DECODER_SETTINGS}`,
      {
        paths: files.map(({ path }) => path),
        format: 'LineAsString',
        structure: 'line String',
        compression: files[0]?.compression ?? 'none',
      },
      { batch, now: now.toISOString().replace('Z', ''), ...(forgetSalt !== null && { salt: forgetSalt }) },
      { memoryBytes: 1.2e9 },
    );
    requireStillThere(files);
  } catch (error) {
    const failure = explain(error, files);
    // Anything else ends the ingest, and all that is staged with it.
    if (isUnreadable(failure)) await store.run(`ALTER TABLE ${staging.table} DROP PARTITION {batch:UInt32}`, { batch });
    throw failure;
  }
}

/** Opens the files that the engine would take for complete when they are cut off. */
async function requireCompleteZstd(files: readonly Source[]): Promise<void> {
  for (const source of files) {
    if (source.compression !== 'zstd') continue;
    const complete = await isZstdComplete(source.path).catch((error: unknown) => {
      throw unreadable(source, 'cannot be read', error);
    });
    if (!complete) throw unreadable(source, 'is cut off or damaged (zstd)');
  }
}

/** The engine passes over a link that leads nowhere, and reads what has got the name of another: of numbered logs, the one before. */
function requireStillThere(files: readonly Source[]): void {
  const gone = findGone(files);
  if (gone !== undefined) throw unreadable(gone, GONE);
}

function findGone(files: readonly Source[]): Source | undefined {
  return files.find((file) => !isInPlace(file));
}

function isUnreadable(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'source_unreadable';
}

/** What a failure of the engine means for the first of the files; where there are more, each is asked again. */
function explain(error: unknown, files: readonly Source[]): unknown {
  const [source] = files;
  if (source === undefined || !(error instanceof AppError) || error.cause === undefined) return error;
  const { code, message } = error.cause as { readonly code?: unknown; readonly message?: unknown };
  if (String(message).includes(OWN_MEMORY_USED_UP)) {
    return unreadable(source, 'has a line too long to be read (hundreds of megabytes)', error);
  }
  // the engine has several errors for one that goes while it is looked for; by now another may be in its place
  const gone = findGone(files) ?? (code === CANNOT_STAT ? source : undefined);
  if (gone !== undefined && error.code !== 'store_unavailable') return unreadable(gone, GONE, error);
  if (!isUnreadable(error)) return error;
  const fault =
    source.compression === 'none' ? 'cannot be read to its end' : `is cut off or damaged (${source.compression})`;
  return unreadable(source, fault, error);
}

function unreadable({ path }: Source, fault: string, cause?: unknown): AppError {
  const options = cause === undefined ? {} : { cause };
  return new AppError('source_unreadable', `${showPath(path)} ${fault}; nothing of it was taken.`, options);
}
