import { AppError } from '../errors.ts';
import { requireKnownVersion } from '../store/known-version.ts';
import { persevere } from '../store/persevere.ts';
import type { Store } from '../store/store.ts';
import { type Merged, mergeStaged } from './merge-staged.ts';
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
  const tally = new Tally(failed);
  let done = 0;
  for (const batch of cutBatches(sources)) {
    // between two batches the logs that a server follows, and its refreshing, get their turn
    tally.add(await store.exclusively(async () => ingestBatch(store, batch, now)));
    done += batch.reduce((sum, source) => sum + source.bytes, 0);
    options.onProgress?.(done, total);
  }
  return tally.result(sources.length + failed.length, total, (performance.now() - started) / 1000);
}

/** What became of a batch. */
interface Taken {
  readonly counts: readonly StagedCount[];
  readonly merged: Merged;
  readonly failed: readonly Unreadable[];
}

/**
 * Lines are decoded by one ClickHouse; where several share the courses, the others get what it made of them. One that is
 * away a while gets all of the batch again: facts are a set.
 */
async function ingestBatch(store: Store, batch: readonly Source[], now: Date): Promise<Taken> {
  await requireKnownVersion(store, { patient: true });
  await using stagings = new Stagings();
  return await persevere(store, async () => {
    const staging = await store.about(null, async (decoding) => stagings.open(decoding));
    const failed = await stageReadable(staging.store, staging, batch, now);
    const counts = await countStaged(staging.store, staging);
    return { counts, merged: await mergeEverywhere(store, staging, stagings), failed };
  });
}

async function mergeEverywhere(store: Store, staging: Staging, stagings: Stagings): Promise<Merged> {
  await using shipment = new Shipment(staging);
  const merged = await store.everywhere(async (node) =>
    node === staging.store ? mergeStaged(node, staging) : mergeShipped(node, shipment, stagings),
  );
  return { newFacts: merged.reduce((sum, { newFacts }) => sum + newFacts, 0) };
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
): Promise<Taken['failed']> {
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

/** Adds up what became of the lines. */
class Tally {
  #lines = 0;
  #accepted = 0;
  #facts = 0;
  #newFacts = 0;
  #rosterChanges = 0;
  readonly #rejected: { [reason in RejectReason]?: number } = {};
  readonly #failed: Unreadable[];

  /** @param failed what could not be opened */
  constructor(failed: readonly Unreadable[]) {
    this.#failed = [...failed];
  }

  add({ counts, merged, failed }: Taken): void {
    for (const count of counts) {
      this.#lines += count.lines;
      this.#facts += count.facts;
      this.#rosterChanges += count.roster_changes;
      if (count.reason === '') this.#accepted += count.rows;
      else if (count.reason !== 'irrelevant') {
        this.#rejected[count.reason] = (this.#rejected[count.reason] ?? 0) + count.rows;
      }
    }
    this.#newFacts += merged.newFacts;
    this.#failed.push(...failed);
  }

  result(files: number, bytes: number, seconds: number): IngestResult {
    const rejected = Object.values(this.#rejected).reduce((sum, count) => sum + count, 0);
    return {
      files: files - this.#failed.length,
      bytes,
      lines: this.#lines,
      accepted: this.#accepted,
      irrelevant: this.#lines - this.#accepted - rejected,
      rejected: this.#rejected,
      facts: this.#facts,
      new_facts: this.#newFacts,
      roster_changes: this.#rosterChanges,
      seconds,
      failed: this.#failed,
    };
  }
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
