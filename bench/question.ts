import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a question is answered under. */
export interface BenchContext {
  /** Folder in which data is made once and kept: sites, logs, the database of the comparison, earlier answers. */
  readonly dir: string;
  /** Tiny sizes, so that all of it is over in two minutes. */
  readonly quick: boolean;
  readonly rounds: number;
  /** A log of one's own to ingest; absent: one that the demo makes. */
  readonly log?: string | undefined;
  readonly say: (text: string) => void;
}

/** One line of the table. Numbers are medians over rounds or requests, in `unit`. */
export interface Row {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MB/s' | 'MB';
  /** Null: the rest of the row is what there is to say. */
  readonly median: number | null;
  readonly p99?: number;
  /** Requests, facts or lines, as `what` says. */
  readonly perSecond?: number;
  readonly ratios?: readonly Ratio[];
  /** Largest resident memory of the process that did it. */
  readonly memoryMb?: number;
}

/** Of our median to another's, so that under 1 we are the smaller. */
export interface Ratio {
  readonly times: number;
  readonly to: string;
}

/** A goal that was set before, and whether it is met. */
export interface Goal {
  readonly text: string;
  readonly found: string;
  readonly met: boolean;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** What one must know to read the rows. */
  readonly notes: readonly string[];
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  readonly answer: (context: BenchContext) => Promise<Outcome>;
}

/** An outcome with where and when it was found. */
export interface Answered extends Outcome {
  readonly at: string;
  readonly commit: string;
  /** How many processes waited for a core in the minute before and the one that ended it: what was measured is disturbed where it is much more than what is measured takes. */
  readonly load: readonly [number, number];
}

const path = (dir: string, name: string) => join(dir, 'answers', `${name.replaceAll('/', '-')}.json`);

export async function keepAnswer(dir: string, name: string, answered: Answered): Promise<void> {
  await mkdir(join(dir, 'answers'), { recursive: true });
  await writeFile(path(dir, name), JSON.stringify(answered, null, 1));
}

export async function readAnswer(dir: string, name: string): Promise<Answered | null> {
  const text = await readFile(path(dir, name), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Answered);
}
