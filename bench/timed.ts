import { measure, type Measurement } from './measure.ts';
import { median } from './median.ts';
import { MAIN } from './product.ts';
import type { Row } from './question.ts';

/** A run of the product, and what it says of it. */
export interface Timed extends Measurement {
  readonly said: { readonly seconds: number; readonly learners: number; readonly recomputed: number };
}

/** What one must know to read rows of `describe`. */
export const HOW_TIMED =
  'By the command line, each in a process of its own; the time, and its least and most over the rounds, is what the command says it took. In brackets what whoever calls it waits, by the clock: with the start of the process and the opening of the store.';

/** Runs a command of the product on a data directory. */
export async function time(argv: string, data: string, say: (text: string) => void): Promise<Timed> {
  const measured = await measure(`'${process.execPath}' '${MAIN}' ${argv} --json --data '${data}'`);
  say(`${argv.slice(0, 60)}: ${measured.seconds.toFixed(2)} s`);
  return { ...measured, said: JSON.parse(measured.output) as Timed['said'] };
}

/** Of all rounds, in seconds. */
export function seconds(all: readonly Timed[]): number {
  return median(all.map(({ said }) => said.seconds));
}

/** The least and the most of the rounds. */
export function spread(all: readonly Timed[]): { readonly least: number; readonly most: number } {
  const each = all.map(({ said }) => said.seconds);
  return { least: Math.min(...each), most: Math.max(...each) };
}

/** How long whoever calls it waits. */
export function describeWall(all: readonly Timed[]): string {
  return `${median(all.map((each) => each.seconds)).toFixed(2)} s with the start of the process`;
}

/** The row of a command. */
export function describe(what: string, all: readonly Timed[]): Row {
  return {
    what: `${what} (${describeWall(all)})`,
    unit: 's',
    median: seconds(all),
    ...spread(all),
    memoryMb: median(all.map(({ peakBytes }) => peakBytes)) / 1e6,
  };
}
