import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { loadavg, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { type BenchContext, keepAnswer, type Question } from './question.ts';
import { printTable, writeResults } from './report.ts';
import { REQUESTS } from './requests.ts';
import { FOLLOW } from './follow-logs.ts';
import { GROWTH } from './growth.ts';
import { INGEST } from './ingest.ts';
import { RAW_EVENTS } from './raw-events.ts';
import { REFRESH } from './refresh.ts';
import { SNAPSHOT } from './snapshot.ts';
import { UNDER_LOAD } from './under-load.ts';

const QUESTIONS: readonly Question[] = [
  INGEST,
  ...REQUESTS,
  RAW_EVENTS,
  REFRESH,
  SNAPSHOT,
  ...GROWTH,
  UNDER_LOAD,
  FOLLOW,
];

const USAGE = `npm run bench -- [--quick] [--only NAME,…] [--dir DIR] [--rounds N] [--log FILE] [--report]

Measures the product beside what else could do the same, prints a table, and writes bench/RESULTS.md from all that was
measured so far on this machine (--report: from that alone).

  --quick       tiny sites, short slices: about two minutes, to try it; its numbers say little and are not written
  --only NAME   these questions: ${QUESTIONS.map(({ name }) => name).join(', ')}; requests and growth are all of theirs
  --dir DIR     where data is made, once, and kept (default BENCH_DIR, or a folder for temporary files; about 40 GB)
  --log FILE    a log of your own to ingest, in place of one that the demo makes
  --rounds N    turns of everything that is compared (default 3)`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    dir: { type: 'string', default: process.env['BENCH_DIR'] ?? join(tmpdir(), 'learner-analytics-bench') },
    rounds: { type: 'string' },
    log: { type: 'string' },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string) => void process.stderr.write(`${text}\n`);

async function main(): Promise<void> {
  const dir = resolve(values.quick ? join(values.dir, 'quick') : values.dir);
  const context: BenchContext = {
    dir,
    quick: values.quick,
    rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
    log: values.log,
    say,
  };
  const names = values.only?.split(',');
  const asked = QUESTIONS.filter(
    ({ name }) => names?.some((each) => name === each || name.startsWith(`${each}/`)) ?? true,
  );
  if (asked.length === 0) throw new Error(`No question is called ${values.only}.\n\n${USAGE}`);
  for (const { name, asks, answer } of values.report ? [] : asked) {
    say(`${name}: ${asks}`);
    const before = loadavg()[0] ?? 0;
    const outcome = await answer(context);
    await keepAnswer(dir, name, {
      ...outcome,
      at: new Date().toISOString(),
      commit: readCommit(),
      load: [before, loadavg()[0] ?? 0],
    });
  }
  await printTable(dir, asked);
  if (!values.quick) await writeResults(dir, QUESTIONS);
}

function readCommit(): string {
  const { stdout } = spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return stdout.trim();
}

if (values.help) say(USAGE);
else await main();
