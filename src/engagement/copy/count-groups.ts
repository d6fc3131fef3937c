import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { SEGMENTS, type Segment } from '../segments.ts';
import { RECORD_WORDS, STATE_FILE, STATE_WORDS } from './state-records.ts';

/** How many learners there are with each value; those without one are not counted. */
export interface GroupCounts {
  readonly cohorts: Readonly<Record<string, number>>;
  readonly modes: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<Segment, number>>;
}

interface StateSetup {
  readonly folder: string;
  /** Learners. */
  readonly count: number;
  /** Names in the order of their numbers, which begin at 1. */
  readonly cohorts: readonly string[];
  readonly modes: readonly string[];
}

const BLOCK_RECORDS = 16_384;

/**
 * Counts the learners of a state file by cohort, mode and segment, and brings it to disk; piece by piece, so that requests go on: a
 * thread would take longer to start than this takes for a million.
 * @throws Error where it has another length
 */
export async function countGroups({ folder, count, cohorts, modes }: StateSetup): Promise<GroupCounts> {
  const [byCohort, byMode] = [new Uint32Array(cohorts.length + 1), new Uint32Array(modes.length + 1)];
  const bySegments = new Uint32Array(1 << SEGMENTS.length);
  const [cohort, mode, segments] = (['cohort', 'mode', 'segments'] as const).map((word) => STATE_WORDS.indexOf(word));
  const words = new Uint32Array(BLOCK_RECORDS * RECORD_WORDS);
  const path = join(folder, STATE_FILE);
  const file = await open(path, 'r+');
  try {
    let records = 0;
    for (;;) {
      const { bytesRead } = await file.read(words);
      if (bytesRead === 0) break;
      const end = bytesRead / 4;
      for (let at = 0; at < end; at += RECORD_WORDS) {
        byCohort[words[at + cohort!]!]! += 1;
        byMode[words[at + mode!]!]! += 1;
        bySegments[words[at + segments!]!]! += 1;
      }
      records += end / RECORD_WORDS;
    }
    await file.sync();
    if (records !== count) throw new Error(`${path} is about ${records} learners, not ${count}`);
  } finally {
    await file.close();
  }
  return {
    cohorts: nameCounts(cohorts, byCohort),
    modes: nameCounts(modes, byMode),
    segments: Object.fromEntries(
      SEGMENTS.map((segment, index) => [
        segment,
        bySegments.reduce((sum, learners, bits) => ((bits >> index) & 1 ? sum + learners : sum), 0),
      ]),
    ) as Record<Segment, number>,
  };
}

function nameCounts(names: readonly string[], counts: Uint32Array): Record<string, number> {
  return Object.fromEntries(names.map((name, index) => [name, counts[index + 1] ?? 0]));
}
