import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a question is answered under. */
export interface BenchContext {
  /** Folder in which data is made once and kept: sites, logs, the database of the comparison. */
  readonly dir: string;
  /** The file of the answers so far. */
  readonly answers: string;
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
  /** The least and the most over the same rounds or requests. */
  readonly least?: number;
  readonly most?: number;
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
  /** Where it is compared with the rows of another answer: when and where those were measured. */
  readonly against?: Provenance;
}

/** What an answer was measured of, and on. */
export interface Provenance {
  readonly commit: string;
  /** The machine, Node and the engine. */
  readonly machine: string;
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
export interface Answered extends Outcome, Provenance {
  readonly at: string;
  /** How many processes waited for a core in the minute before and the one that ended it: what was measured is disturbed where it is much more than what is measured takes. */
  readonly load: readonly [number, number];
}

/** Answers by the name of their question: a line each in the file, so that one that is measured again changes no other. */
export async function readAnswers(file: string): Promise<Map<string, Answered>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const { name, ...answered } = JSON.parse(line) as Answered & { readonly name: string };
      return [name, answered] as const;
    }),
  );
}

export async function keepAnswer(file: string, name: string, answered: Answered): Promise<void> {
  const all = await readAnswers(file);
  all.set(name, answered);
  const lines = [...all]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => JSON.stringify({ name: key, ...each }));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
}
