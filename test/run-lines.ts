import { json } from 'node:stream/consumers';
import { main } from '../src/cli/main.ts';

// Runs the command lines that standard input lists, one after the other; the last of standard output is their exit codes.

/** What is written to both outputs after each. */
export const END_OF_LINE = '\u0000';

if (import.meta.main) {
  const codes: number[] = [];
  for (const line of (await json(process.stdin)) as string[][]) {
    codes.push(await main(line));
    process.stdout.write(END_OF_LINE);
    process.stderr.write(END_OF_LINE);
  }
  process.stdout.write(JSON.stringify(codes));
}
