import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { GroupCounter } from './count-groups.ts';
import type { CopyMeta } from './course-copy.ts';
import { numberedSql } from './history-facts.ts';
import { judge, segmentRule } from './judge-segments.ts';
import { Measuring } from './measure-numbers.ts';
import {
  NO_DAY,
  RECORD_BYTES,
  RECORD_WORDS,
  STATE_FILE,
  STATE_SQL,
  STATE_WORDS,
  type StateWord,
  nameParams,
} from './state-records.ts';

const BLOCK_RECORDS = 16_384;
/** A learner's number, and the record. */
const CHANGE_WORDS = 1 + RECORD_WORDS;
const PLACES = Object.fromEntries(STATE_WORDS.map((name, place) => [name, place])) as Record<StateWord, number>;

interface StateSetup {
  readonly key: Pick<Course, 'snapshot' | 'rest' | 'window'>;
  /** Where the high ranges begin; null where that is to be measured. */
  readonly distributions: Distributions | null;
  readonly learners: Pick<CopyMeta, 'count' | 'cohorts' | 'modes' | 'people'>;
  /** Of the copy under way. */
  readonly folder: string;
  /** The copy of a snapshot from which this one has all that is not in rows of its own; null where there is none. */
  readonly base: { readonly folder: string; readonly meta: CopyMeta } | null;
}

type StateMeta = Pick<CopyMeta, 'groups' | 'ranges' | 'source' | 'checksum'>;

/** Records in a file, with others in place of some of them: their numbers and records, by number. */
interface Records {
  readonly path: string;
  readonly changes: Uint32Array;
  /** CRC-32 of the file; null where the engine has just written it. */
  readonly checksum: number | null;
}

/**
 * Writes what a snapshot says of each learner, and brings it to disk. Where the persons and the numbers of names are those of the base,
 * the engine tells changed learners alone. Goes on piece by piece, so that requests are answered meanwhile.
 * @throws AppError `store_unavailable`
 */
export async function writeState(store: Store, setup: StateSetup, limits: Limits): Promise<StateMeta> {
  const { learners, base } = setup;
  const source = hashSource(learners);
  if (base?.meta.source === source && base.meta.people === learners.people) {
    try {
      return { ...(await finish(setup, await exportChanged(store, setup, base, limits))), source };
    } catch (error) {
      // the store would fail again; else the base is damaged, or gone by now
      if (error instanceof AppError) throw error;
      rmSync(join(setup.folder, STATE_FILE), { force: true });
    }
  }
  return { ...(await finish(setup, await exportAll(store, setup, limits))), source };
}

/** The same where the engine tells records in the same way, by another version of the product too. Segments are judged anew in any case. */
function hashSource({ cohorts, modes }: StateSetup['learners']): string {
  return createHash('sha1')
    .update(JSON.stringify([STATE_SQL, cohorts, modes]))
    .digest('hex');
}

async function exportAll(store: Store, { key, learners, folder }: StateSetup, limits: Limits): Promise<Records> {
  const path = join(folder, 'records');
  await store.save(
    { path, format: 'RowBinary' },
    `SELECT ${STATE_SQL} FROM learners WHERE ${inSnapshotSql(key)} ORDER BY username`,
    { ...snapshotParams(key), ...nameParams(learners.cohorts, learners.modes) },
    limits,
  );
  // nothing is written about nobody
  if (learners.count === 0) writeFileSync(path, '');
  return { path, changes: new Uint32Array(), checksum: null };
}

async function exportChanged(
  store: Store,
  { key, learners, folder }: StateSetup,
  base: NonNullable<StateSetup['base']>,
  limits: Limits,
): Promise<Records> {
  const path = join(folder, 'changed');
  await store.save(
    { path, format: 'RowBinary' },
    `SELECT toUInt32(number), ${STATE_SQL}
     FROM (${numberedSql(key, 'snapshot')}) AS listed
     INNER JOIN (SELECT * FROM learners WHERE snapshot = {snapshot:UInt64}) AS own ON own.username = listed.username
     ORDER BY number`,
    { ...snapshotParams(key), ...nameParams(learners.cohorts, learners.modes) },
    limits,
  );
  try {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const changes = new Uint32Array(bytes.length / 4);
    new Uint8Array(changes.buffer).set(bytes);
    return { path: join(base.folder, STATE_FILE), changes, checksum: base.meta.checksum };
  } finally {
    rmSync(path, { force: true });
  }
}

/** Judges who is in which segment, and writes the records with that. */
async function finish(
  { key, distributions: known, learners, folder }: StateSetup,
  records: Records,
): Promise<Omit<StateMeta, 'source'>> {
  const source = await open(records.path, 'r');
  try {
    const distributions = known ?? (await measure(source, records));
    const rule = segmentRule({ window: key.window, windowDistributions: distributions });
    const counter = new GroupCounter(learners);
    const target = await open(join(folder, STATE_FILE), 'wx');
    let [count, checksum] = [0, 0];
    try {
      for await (const words of readBlocks(source, records, true)) {
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
      await target.sync();
    } finally {
      await target.close();
    }
    if (count !== learners.count) throw new Error(`${records.path} is about ${count} learners, not ${learners.count}`);
    return { groups: counter.count(), ranges: storeDistributions(distributions), checksum };
  } finally {
    await source.close();
    rmSync(join(folder, 'records'), { force: true });
  }
}

async function measure(source: FileHandle, records: Records): Promise<Distributions> {
  const measuring = new Measuring();
  for await (const words of readBlocks(source, records))
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
  isChecked = false,
): AsyncGenerator<Uint32Array> {
  const block = new Uint32Array(BLOCK_RECORDS * RECORD_WORDS);
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
