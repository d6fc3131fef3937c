import type { Answered } from './question.ts';
import { COPY_DONE, COPY_LEARNERS, COPY_PERSONS } from './snapshot.ts';

/** What a site takes in proportion to its size. MB are of a million; seconds of this machine. */
export interface Proportions {
  readonly facts: number;
  readonly roster: number;
  readonly readModel: number;
  readonly copyPersons: number;
  readonly copyLearners: number;
  readonly copyDone: number;
  /** Bytes of log for one fact. */
  readonly logBytes: number;
  /** MB/s that ingest takes in, with its start. */
  readonly ingestRate: number;
  readonly turnSeconds: number;
  readonly turnLearners: number;
  /** Seconds of a small course besides those of its learners. */
  readonly fixed: number;
}

/** The sites that were measured, the smallest first. */
export const SITES = [10_000, 100_000, 1_000_000, 10_000_000] as const;

/** Of the largest site that was measured: it has the most courses, and people in several of them. */
export function readProportions(kept: ReadonlyMap<string, Answered>): Proportions {
  const largest = readSiteDisk(kept, 10_000_000);
  const copy = (what: string) => kept.get('snapshot')?.rows.find((row) => row.what === what)?.median;
  const ingest = kept.get('ingest')?.notes.join(' ') ?? '';
  const number = (pattern: RegExp) => Number(pattern.exec(ingest)?.[1]);
  const turnSeconds = find(kept, 'refresh', 'refresh at the turn of the day');
  const turnLearners = readLearners(kept);
  return {
    ...largest,
    // read off the files of a course of a million, 852 MB in all, as long as the answer that is kept does not tell them apart
    copyPersons: copy(COPY_PERSONS) ?? 362,
    copyLearners: copy(COPY_LEARNERS) ?? 60,
    copyDone: copy(COPY_DONE) ?? 6.9,
    logBytes: (number(/A log of (\d+) MB/) * 1e6) / number(/lines gave (\d+) facts/),
    ingestRate: find(kept, 'ingest', 'ingest ('),
    turnSeconds,
    turnLearners,
    fixed: SMALL_COURSE.seconds - (SMALL_COURSE.learners * turnSeconds) / turnLearners,
  };
}

/** One of fifty such courses among two million people, refreshed together; measured apart. */
const SMALL_COURSE = { learners: 8000, seconds: 0.25 } as const;

/** MB on disk in the engine: of a million facts, and twice of a million learners in courses. */
export function readSiteDisk(
  kept: ReadonlyMap<string, Answered>,
  site: (typeof SITES)[number],
): Pick<Proportions, 'facts' | 'roster' | 'readModel'> {
  const of = (what: string) => find(kept, `growth/${site}`, what);
  return { facts: of('facts, per'), roster: of('roster, per'), readModel: of('read model in the engine') };
}

/** Learners in courses, and facts, of a site, in millions. */
export function readSiteSize(
  kept: ReadonlyMap<string, Answered>,
  site: (typeof SITES)[number],
): { readonly learners: number; readonly facts: number } {
  const [, learners = '', facts = ''] =
    /, ([\d,]+) learners in them, .* ([\d,]+) facts;/.exec(kept.get(`growth/${site}`)?.notes.join('\n') ?? '') ?? [];
  return { learners: parseMillions(learners), facts: parseMillions(facts) };
}

function readLearners(kept: ReadonlyMap<string, Answered>): number {
  const row = kept.get('refresh')?.rows.find(({ what }) => what.startsWith('refresh --full'));
  return parseMillions(/full, ([\d,]+) learners/.exec(row?.what ?? '')?.[1] ?? '') * 1e6;
}

function parseMillions(text: string): number {
  return Number(text.replaceAll(',', '')) / 1e6;
}

/** @throws where it was not measured */
function find(kept: ReadonlyMap<string, Answered>, question: string, what: string): number {
  const median = kept.get(question)?.rows.find((row) => row.what.startsWith(what))?.median;
  if (median === undefined || median === null) throw new Error(`${question} has no answer to "${what}".`);
  return median;
}
