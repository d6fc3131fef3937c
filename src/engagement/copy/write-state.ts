import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError } from '../../errors.ts';
import type { Limits, Store } from '../../store/store.ts';
import type { Course } from '../course.ts';
import { COUNTED_METRIC_NAMES } from '../metrics.ts';
import type { Distributions } from '../ranges.ts';
import { SEGMENT_BITS } from '../segments.ts';
import { inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import { storeDistributions } from '../stored-distributions.ts';
import { readWords } from './binary-files.ts';
import { GroupCounter } from './count-groups.ts';
import type { CopyMeta } from './course-copy.ts';
import { numberedSql } from './history-facts.ts';
import { judge, segmentRule } from './judge-segments.ts';
import { Measuring } from './measure-numbers.ts';
import { NO_DAY, PLACES, RECORD_BYTES, RECORD_WORDS, STATE_FILE, STATE_SQL, nameParams } from './state-records.ts';
import { type Told, saveOrTake } from './told.ts';

const BLOCK_RECORDS = 16_384;
/** A learner's number, and the record. */
const CHANGE_WORDS = 1 + RECORD_WORDS;
/** What the engine writes, of all learners and of those who changed. */
export const ALL_FILE = 'records';
const CHANGED_FILE = 'changed';

interface StateSetup {
  readonly key: Pick<Course, 'snapshot' | 'rest' | 'window'> & {
    /** Null where they are to be measured. */
    readonly windowDistributions: Distributions | null;
  };
  readonly learners: Pick<CopyMeta, 'count' | 'cohorts' | 'modes' | 'people'>;
  /** Of the copy under way. */
  readonly folder: string;
  /** The copy of a snapshot from which this one has all that is not in rows of its own; null where there is none. */
  readonly base: { readonly folder: string; readonly meta: CopyMeta } | null;
  readonly told?: Told | undefined;
}

/** What a copy says of its records. */
export type StateMeta = Pick<CopyMeta, 'groups' | 'ranges' | 'source' | 'checksum'>;

/** Records in a file, with others in place of some of them: their numbers and records, by number. */
interface Records {
  readonly path: string;
  readonly changes: Uint32Array;
  /** CRC-32 of the file; null where the engine has just written it. */
  readonly checksum: number | null;
}

/**
 * Writes what a snapshot says of each learner. Where the persons and the numbers of names are those of the base,
 * the engine tells changed learners alone. Goes on piece by piece, so that requests are answered meanwhile.
 * @throws AppError `store_unavailable`
 */
export async function writeState(store: Store, setup: StateSetup, limits: Limits): Promise<StateMeta> {
  const { learners, base, folder } = setup;
  const source = hashSource(learners);
  try {
    if (base?.meta.source === source && base.meta.people === learners.people) {
      try {
        return { ...(await finish(setup, await exportChanged(store, setup, base, limits))), source };
      } catch (error) {
        // the store would fail again; else the base is damaged, or gone by now
        if (error instanceof AppError) throw error;
        rmSync(join(folder, STATE_FILE), { force: true });
      }
    }
    return { ...(await finish(setup, await exportAll(store, setup, limits))), source };
  } finally {
    for (const name of [ALL_FILE, CHANGED_FILE]) rmSync(join(folder, name), { force: true });
  }
}

/** The same where the engine tells records in the same way, by another version of the product too. Segments are judged anew in any case. */
function hashSource({ cohorts, modes }: StateSetup['learners']): string {
  return hash('sha1', JSON.stringify([STATE_SQL, cohorts, modes]));
}

async function exportAll(store: Store, setup: StateSetup, limits: Limits): Promise<Records> {
  const sql = `SELECT ${STATE_SQL} FROM learners WHERE ${inSnapshotSql(setup.key)} ORDER BY username`;
  await save(store, setup, { name: ALL_FILE, sql }, limits);
  return { path: join(setup.folder, ALL_FILE), changes: new Uint32Array(), checksum: null };
}

async function exportChanged(
  store: Store,
  setup: StateSetup,
  base: NonNullable<StateSetup['base']>,
  limits: Limits,
): Promise<Records> {
  const sql = `SELECT toUInt32(number), ${STATE_SQL}
     FROM (${numberedSql(setup.key, 'snapshot')}) AS listed
     INNER JOIN (SELECT * FROM learners WHERE snapshot = {snapshot:UInt64}) AS own ON own.username = listed.username
     ORDER BY number`;
  await save(store, setup, { name: CHANGED_FILE, sql }, limits);
  const changes = readWords(join(setup.folder, CHANGED_FILE));
  return { path: join(base.folder, STATE_FILE), changes, checksum: base.meta.checksum };
}

async function save(
  store: Store,
  { key, learners, folder, told }: StateSetup,
  { name, sql }: { readonly name: string; readonly sql: string },
  limits: Limits,
): Promise<void> {
  const params = { ...snapshotParams(key), ...nameParams(learners.cohorts, learners.modes) };
  await saveOrTake(store, told, { path: join(folder, name), format: 'RowBinary' }, { sql, params, limits });
}

/** Judges who is in which segment, and writes the records with that. */
async function finish({ key, learners, folder }: StateSetup, records: Records): Promise<Omit<StateMeta, 'source'>> {
  const source = await open(records.path, 'r');
  try {
    const windowDistributions = key.windowDistributions ?? (await measure(source, records, learners.count));
    const rule = segmentRule({ window: key.window, windowDistributions });
    const counter = new GroupCounter(learners);
    const target = await open(join(folder, STATE_FILE), 'wx');
    let [count, checksum] = [0, 0];
    try {
      for await (const words of readBlocks(source, records, { count: learners.count, isChecked: true })) {
        for (let at = 0; at < words.length; at += RECORD_WORDS) {
          const day = words[at + PLACES.last_active]!;
          const learner = {
            lastActive: day === NO_DAY ? -1 : day,
            isEnrolled: (words[at + PLACES.segments]! & SEGMENT_BITS.unenrolled) === 0,
          };
          const segments = judge(words, at, learner, rule);
          words[at + PLACES.segments] = segments;
          counter.add(words[at + PLACES.cohort]!, words[at + PLACES.mode]!, segments);
        }
        count += words.length / RECORD_WORDS;
        checksum = crc32(words, checksum);
        await target.writeFile(words);
      }
    } finally {
      await target.close();
    }
    if (count !== learners.count) throw new Error(`${records.path} is about ${count} learners, not ${learners.count}`);
    return { groups: counter.count(), ranges: storeDistributions(windowDistributions), checksum };
  } finally {
    await source.close();
  }
}

async function measure(source: FileHandle, records: Records, count: number): Promise<Distributions> {
  const measuring = new Measuring();
  for await (const words of readBlocks(source, records, { count }))
    measuring.add(new Map(COUNTED_METRIC_NAMES.map((name) => [name, words.subarray(PLACES[name])])), RECORD_WORDS);
  return measuring.measure();
}

/**
 * All records of the file, as they are to be, in the same memory block by block.
 * @throws Error where the file is not as long as its records are, or not what was written, or changes are of others
 */
async function* readBlocks(
  source: FileHandle,
  { path, changes, checksum }: Records,
  { count: expected, isChecked = false }: { readonly count: number; readonly isChecked?: boolean },
): AsyncGenerator<Uint32Array> {
  // no larger than there is to read: the collector looks at everything once so much was taken for small courses
  const block = new Uint32Array(Math.max(1, Math.min(BLOCK_RECORDS, expected)) * RECORD_WORDS);
  let [first, next, sum] = [0, 0, 0];
  for (;;) {
    const { bytesRead } = await source.read(block, 0, block.byteLength, first * RECORD_BYTES);
    if (bytesRead === 0) break;
    const count = Math.floor(bytesRead / RECORD_BYTES);
    if (count === 0) throw new Error(`${path} ends within a record`);
    const words = block.subarray(0, count * RECORD_WORDS);
    if (isChecked && checksum !== null) sum = crc32(words, sum);
    for (; next < changes.length && changes[next]! < first + count; next += CHANGE_WORDS)
      block.set(changes.subarray(next + 1, next + CHANGE_WORDS), (changes[next]! - first) * RECORD_WORDS);
    yield words;
    first += count;
  }
  if (isChecked && checksum !== null && sum !== checksum) throw new Error(`${path} is damaged`);
  if (next < changes.length) throw new Error(`${path} is about ${first} learners, of whom ${changes[next]} is not one`);
}
