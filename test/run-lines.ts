import { json } from 'node:stream/consumers';
import { main } from '../src/cli/main.ts';

// Runs the command lines that standard input lists, one after the other; the last of standard output is their exit codes.

/** `end` is written to both outputs after each. */
const { lines, end } = (await json(process.stdin)) as { readonly lines: string[][]; readonly end: string };
const codes: number[] = [];
for (const line of lines) {
  codes.push(await main(line));
  process.stdout.write(end);
  process.stderr.write(end);
}
process.stdout.write(JSON.stringify(codes));
