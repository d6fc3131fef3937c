import { AppError } from '../errors.ts';
import { requireKnownVersion } from '../store/known-version.ts';
import { persevere } from '../store/persevere.ts';
import type { Store } from '../store/store.ts';
import { mergeStaged } from './merge-staged.ts';
import { Shipment, mergeShipped } from './ship-staged.ts';
import type { RejectReason } from './rejects.ts';
import { type Source, type Unreadable, findSources } from './sources.ts';
import { type Staging, Stagings, stageFiles } from './staging.ts';

/** What an ingest did. `accepted + irrelevant + Σ rejected = lines`. Facts count attempted and completed apart. */
export interface IngestResult {
  readonly files: number;
  readonly bytes: number;
  readonly lines: number;
  readonly accepted: number;
  readonly irrelevant: number;
  readonly rejected: { readonly [reason in RejectReason]?: number };
  /** Facts that the lines give, and how many of them were not known before. */
  readonly facts: number;
  readonly new_facts: number;
  /** Enrolment and cohort changes that the lines give. */
  readonly roster_changes: number;
  readonly seconds: number;
  /** Files that could not be read, with what was wrong; nothing of them was taken. */
  readonly failed: readonly Unreadable[];
}

export interface IngestOptions {
  /** Times more than a day after it are rejected. */
  readonly now?: Date;
  /** Called after each file with the bytes read so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** So many bytes or files are staged by one statement, and merged when there are more; a file is never split. */
const BATCH_BYTES = 2_000_000_000;
const BATCH_FILES = 500;
/** A packed byte counts as so many: others wait while a batch is ingested. */
const PACKED_WEIGHT = 8;

/** Whatever a clock says, what is more than a day later is of the future: a history has room for the days up to 2059-09-18. */
export const LATEST_MS = Date.UTC(2059, 8, 17);

/**
 * Ingests the logs that `paths` name: files (plain, gzip, zstd, xz), folders, globs. Ingesting anything twice, in
 * any order, from any overlap of files, changes nothing. A file that cannot be read is reported and left out whole.
 * @throws AppError `source_unreadable` when a path names nothing, before anything is read; `store_unavailable`.
 */
export async function ingest(
  store: Store,
  paths: readonly string[],
  options: IngestOptions = {},
): Promise<IngestResult> {
  const started = performance.now();
  const { sources, failed } = findSources(paths);
  const now = new Date(Math.min(options.now?.getTime() ?? Date.now(), LATEST_MS));
  const total = sources.reduce((sum, source) => sum + source.bytes, 0);
  const results: IngestResult[] = [];
  let done = 0;
  for (const batch of cutBatches(sources)) {
    // between two batches the logs that a server follows, and its refreshing, get their turn
    const result = await store.exclusively(async () => ingestBatch(store, batch, now));
    results.push(result);
    done += result.bytes;
    options.onProgress?.(done, total);
  }
  const all = addResults(results);
  return {
    ...all,
    // with the empty ones, which are in no batch
    files: sources.length - all.failed.length,
    seconds: (performance.now() - started) / 1000,
    failed: [...failed, ...all.failed],
  };
}

/**
 * Lines are decoded by one ClickHouse; where several share the courses, the others get what it made of them. One that is
 * away a while gets all of the batch again: facts are a set.
 */
async function ingestBatch(store: Store, batch: readonly Source[], now: Date): Promise<IngestResult> {
  await requireKnownVersion(store, { patient: true });
  await using stagings = new Stagings();
  return await persevere(store, async () => {
    const staging = await store.about(null, async (decoding) => stagings.open(decoding));
    const failed = await stageReadable(staging.store, staging, batch, now);
    const counts = await countStaged(staging.store, staging);
    return describeBatch(batch, { counts, newFacts: await mergeEverywhere(store, staging, stagings), failed });
  });
}

/** Gives how many facts were not known before. */
async function mergeEverywhere(store: Store, staging: Staging, stagings: Stagings): Promise<number> {
  await using shipment = new Shipment(staging);
  const newFacts = await store.everywhere(async (node) =>
    node === staging.store ? mergeStaged(node, staging) : mergeShipped(node, shipment, stagings),
  );
  return newFacts.reduce((sum, count) => sum + count, 0);
}

/** Files that are read together: packed the same way, not too many, not too much. */
function cutBatches(sources: readonly Source[]): Source[][] {
  const batches: Source[][] = [];
  let bytes = 0;
  const packedAlike = sources
    .filter((each) => each.bytes > 0)
    .toSorted((a, b) => (a.compression < b.compression ? -1 : 1));
  for (const source of packedAlike) {
    const batch = batches.at(-1);
    const weight = source.bytes * (source.compression === 'none' ? 1 : PACKED_WEIGHT);
    const fits =
      batch !== undefined &&
      batch.length < BATCH_FILES &&
      bytes + weight <= BATCH_BYTES &&
      batch[0]?.compression === source.compression;
    if (fits) batch.push(source);
    else batches.push([source]);
    bytes = (fits ? bytes : 0) + weight;
  }
  return batches;
}

/**
 * Stages files at once; where that meets one that cannot be read, by halves, so that only that one is left out. Gives those
 * that were.
 */
async function stageReadable(
  store: Store,
  staging: Staging,
  files: readonly Source[],
  now: Date,
): Promise<Unreadable[]> {
  try {
    await stageFiles(store, staging, files, now);
    return [];
  } catch (error) {
    // other failures are not the file's
    if (!(error instanceof AppError && error.code === 'source_unreadable')) throw error;
    const [only, ...others] = files;
    if (only === undefined) return [];
    if (others.length === 0) return [{ path: only.path, reason: error.message }];
    const middle = Math.ceil(files.length / 2);
    return [
      ...(await stageReadable(store, staging, files.slice(0, middle), now)),
      ...(await stageReadable(store, staging, files.slice(middle), now)),
    ];
  }
}

interface StagedCount {
  readonly reason: RejectReason | 'irrelevant' | '';
  readonly lines: number;
  readonly rows: number;
  readonly facts: number;
  readonly roster_changes: number;
}

async function countStaged(store: Store, staging: Staging): Promise<StagedCount[]> {
  return store.read<StagedCount>(
    `SELECT reason, sum(lines) AS lines, count() AS rows,
       countIf(reason = '' AND action = '') + countIf(reason = '' AND completed) AS facts,
       countIf(reason = '' AND action != '') AS roster_changes
     FROM ${staging.table}
     GROUP BY reason`,
  );
}

/** What became of a batch, but for the time, which is told of all batches together. */
function describeBatch(
  batch: readonly Source[],
  {
    counts,
    newFacts,
    failed,
  }: { readonly counts: readonly StagedCount[]; readonly newFacts: number; readonly failed: readonly Unreadable[] },
): IngestResult {
  const sum = (name: 'lines' | 'facts' | 'roster_changes') => counts.reduce((total, count) => total + count[name], 0);
  const rows = Object.fromEntries(counts.map((count) => [count.reason, count.rows]));
  const { '': accepted = 0, irrelevant: _, ...rejected } = rows;
  const others = Object.values(rejected).reduce((total, count) => total + count, accepted);
  return {
    files: batch.length - failed.length,
    bytes: batch.reduce((total, { bytes }) => total + bytes, 0),
    lines: sum('lines'),
    accepted,
    irrelevant: sum('lines') - others,
    rejected,
    facts: sum('facts'),
    new_facts: newFacts,
    roster_changes: sum('roster_changes'),
    seconds: 0,
    failed,
  };
}

/** The sum of several ingests, as if they had been one. */
export function addResults(results: readonly IngestResult[]): IngestResult {
  const sum = (pick: (result: IngestResult) => number) => results.reduce((total, result) => total + pick(result), 0);
  const reasons = [...new Set(results.flatMap((result) => Object.keys(result.rejected)))] as RejectReason[];
  return {
    files: sum((result) => result.files),
    bytes: sum((result) => result.bytes),
    lines: sum((result) => result.lines),
    accepted: sum((result) => result.accepted),
    irrelevant: sum((result) => result.irrelevant),
    rejected: Object.fromEntries(reasons.map((reason) => [reason, sum((result) => result.rejected[reason] ?? 0)])),
    facts: sum((result) => result.facts),
    new_facts: sum((result) => result.new_facts),
    roster_changes: sum((result) => result.roster_changes),
    seconds: sum((result) => result.seconds),
    failed: results.flatMap((result) => result.failed),
  };
}
