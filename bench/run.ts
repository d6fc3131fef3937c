import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { loadavg, tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { type BenchContext, keepAnswer } from './question.ts';
import { QUESTIONS } from './questions.ts';
import { ANSWERS, printTable, writeResults } from './report.ts';
import { writeScale } from './scale-model.ts';

const USAGE = `npm run bench -- [--quick] [--only NAME,…] [--dir DIR] [--rounds N] [--log FILE] [--report]

Measures the product beside what else could do the same, prints a table, keeps the answers in bench/answers.jsonl in place
of earlier ones to the same questions, and writes bench/RESULTS.md and the tables of docs/scale.md from all that are kept
(--report: that alone).

  --quick       tiny sites, short slices: about two minutes, to try it; its numbers say little and are not kept there
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
  const answers = values.quick ? join(dir, 'answers.jsonl') : ANSWERS;
  const context: BenchContext = {
    dir,
    answers,
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
  if (!values.report) {
    const machine = await describeMachine();
    const commit = readCommit();
    for (const { name, asks, answer } of asked) {
      say(`${name}: ${asks}`);
      const before = loadavg()[0] ?? 0;
      const outcome = await answer(context);
      const load = [before, loadavg()[0] ?? 0] as const;
      await keepAnswer(answers, name, { ...outcome, at: new Date().toISOString(), commit, machine, load });
      // each at once, so that what is measured is kept whatever becomes of the next
      if (!values.quick) await writePages();
    }
  }
  await printTable(answers, asked);
  if (!values.quick) await writePages();
}

async function writePages(): Promise<void> {
  await writeResults(QUESTIONS);
  await writeScale();
}

/** What the run itself writes is no change of what is measured. */
const WRITTEN = [':!bench/RESULTS.md', ':!bench/answers.jsonl', ':!docs/scale.md'];

function git(...args: string[]) {
  return spawnSync('git', args, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' });
}

function readCommit(): string {
  const isDirty = git('diff', '--quiet', 'HEAD', '--', '.', ...WRITTEN).status === 1;
  return `${git('describe', '--always').stdout.trim()}${isDirty ? '-dirty' : ''}`;
}

if (values.help) say(USAGE);
else await main();
