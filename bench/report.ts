import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine } from './machine.ts';
import { type Answered, type Question, readAnswer, type Row } from './question.ts';

const HEADS = ['', 'median', '99 %', 'per second', 'ratio', 'memory'] as const;

/** The answers to these questions, as one table. */
export async function printTable(dir: string, questions: readonly Question[]): Promise<void> {
  const answers = await readAnswers(dir, questions);
  const cells = [HEADS, ...answers.flatMap(([, { rows }]) => rows.map(formatRow))];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  for (const row of cells)
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    );
  for (const [, { goals }] of answers)
    for (const { text, found, met } of goals) console.log(`${met ? 'met    ' : 'NOT MET'} ${text}: ${found}`);
}

const SITES =
  'The sites are made in the store itself (`bench/make-site.ts`), row for row what ingest and an import would have written, ' +
  'which `test/bench-site.test.ts` checks on a small one. Course sizes fall by a power law; in each course a third does ' +
  'nothing, the others by a Lomax distribution (median 30 facts, mean 94, at most 3,000; far less in the tail of small ' +
  'courses) within a span of days that is short for most; a sixth is active in the last week. The tables of facts are ' +
  'merged. `load` counts what the whole machine did in that minute: above what is measured, others disturbed.';

/** Everything that is known, for people. */
export async function writeResults(dir: string, questions: readonly Question[]): Promise<void> {
  const answers = await readAnswers(dir, questions);
  const goals = answers.flatMap(([, answer]) => answer.goals);
  const text = [
    '# Results',
    '',
    "Written by `npm run bench`; change it there. Medians unless said otherwise. A ratio is our median to the other's of the same turn: for times under 1 is better, for MB/s over 1.",
    '',
    SITES,
    '',
    await describeMachine(),
    '',
    `## Goals: ${goals.filter(({ met }) => met).length} of ${goals.length} met`,
    '',
    ...formatTable(
      ['goal', 'found', 'met'],
      goals.map(({ text: goal, found, met }) => [goal, found, met ? 'yes' : '**no**']),
    ),
    ...answers.flatMap(([{ name, asks }, answer]) => [
      '',
      `## ${asks}`,
      '',
      `\`npm run bench -- --only ${name}\`, ${answer.at.slice(0, 10)} at ${answer.commit}; load ${answer.load.map((each) => each.toFixed(1)).join(' before, ')} after.`,
      ...answer.notes.flatMap((note) => ['', note]),
      '',
      ...formatTable(HEADS, answer.rows.map(formatRow)),
    ]),
    '',
  ];
  await writeFile(join(import.meta.dirname, 'RESULTS.md'), text.join('\n'));
}

async function readAnswers(dir: string, questions: readonly Question[]): Promise<[Question, Answered][]> {
  const all = await Promise.all(
    questions.map(async (question) => [question, await readAnswer(dir, question.name)] as const),
  );
  return all.flatMap(([question, answer]) =>
    answer === null ? [] : [[question, answer] satisfies [Question, Answered]],
  );
}

function formatTable(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    formatLine(heads),
    `|${heads.map((_, index) => (index === 0 ? '---' : '---:')).join('|')}|`,
    ...rows.map(formatLine),
  ];
}

function formatLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

function formatRow({ what, unit, median, p99, perSecond, ratios = [], memoryMb }: Row): string[] {
  return [
    what,
    median === null ? '' : `${formatNumber(median)} ${unit}`,
    p99 === undefined ? '' : `${formatNumber(p99)} ${unit}`,
    perSecond === undefined ? '' : Math.round(perSecond).toLocaleString('en'),
    ratios.map(({ times, to }) => `${formatNumber(times)} × ${to}`).join(', '),
    memoryMb === undefined ? '' : `${Math.round(memoryMb)} MB`,
  ];
}

/** Three digits that mean something. */
export function formatNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
