import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answered, type Goal, type Question, readAnswers, type Row } from './question.ts';

/** The answers that are kept in the project, of which RESULTS.md is written. */
export const ANSWERS = join(import.meta.dirname, 'answers.jsonl');
const RESULTS = join(import.meta.dirname, 'RESULTS.md');

const COLUMNS: readonly (readonly [string, (row: Row) => string])[] = [
  ['', ({ what }) => what],
  ['median', ({ median, unit }) => formatIn(median ?? undefined, unit)],
  ['99 %', ({ p99, unit }) => formatIn(p99, unit)],
  ['least', ({ least, unit }) => formatIn(least, unit)],
  ['most', ({ most, unit }) => formatIn(most, unit)],
  ['per second', ({ perSecond }) => (perSecond === undefined ? '' : Math.round(perSecond).toLocaleString('en'))],
  ['ratio', ({ ratios = [] }) => ratios.map(({ times, to }) => `${formatNumber(times)} × ${to}`).join(', ')],
  ['memory', ({ memoryMb }) => (memoryMb === undefined ? '' : `${Math.round(memoryMb)} MB`)],
];

/** The answers to these questions, as one table. */
export async function printTable(file: string, questions: readonly Question[]): Promise<void> {
  const answers = pickAnswers(questions, await readAnswers(file));
  const cells = listCells(answers.flatMap(([, { rows }]) => rows));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
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

const READING =
  "Medians unless said otherwise; 99 % is given of a hundred requests and more, of fewer the most that one took. A ratio is our median to the other's of the same turn: for times under 1 is better, for MB/s over 1.";

/** A goal that compares what was not measured together. */
const MARK = '¹';

/** Everything that is known, for people: `bench/RESULTS.md`. */
export async function writeResults(questions: readonly Question[]): Promise<void> {
  await writeFile(RESULTS, formatResults(questions, await readAnswers(ANSWERS)));
}

export function formatResults(questions: readonly Question[], kept: ReadonlyMap<string, Answered>): string {
  const answers = pickAnswers(questions, kept);
  const goals = answers.flatMap(([, answer]) => answer.goals.map((goal) => ({ ...goal, mark: markOf(goal, answer) })));
  return [
    '# Results',
    '',
    `Written by \`npm run bench\` from the answers in \`bench/answers.jsonl\`; change it there. Each was measured at the commit that it names, so they are of several. ${READING}`,
    '',
    SITES,
    '',
    ...listMachines(answers),
    '',
    `## Goals: ${goals.filter(({ met }) => met).length} of ${goals.length} met`,
    '',
    ...formatTable([
      ['goal', 'found', 'met'],
      ...goals.map(({ text, found, met, mark }) => [`${text}${mark}`, found, met ? 'yes' : '**no**']),
    ]),
    ...(goals.some(({ mark }) => mark !== '')
      ? ['', `${MARK} Compares rows that were measured at different commits, or on different machines.`]
      : []),
    ...answers.flatMap(([{ name, asks }, answer]) => [
      '',
      `## ${asks}`,
      '',
      `\`npm run bench -- --only ${name}\`, ${answer.at.slice(0, 10)} at ${answer.commit}; load ${answer.load.map((each) => each.toFixed(1)).join(' before, ')} after.`,
      ...answer.notes.flatMap((note) => ['', note]),
      '',
      ...formatTable(listCells(answer.rows)),
    ]),
    '',
  ].join('\n');
}

function pickAnswers(questions: readonly Question[], kept: ReadonlyMap<string, Answered>): [Question, Answered][] {
  return questions.flatMap((question) => {
    const answer = kept.get(question.name);
    return answer === undefined ? [] : [[question, answer] satisfies [Question, Answered]];
  });
}

/** Each machine, and what was measured on it; once, where it was one. */
function listMachines(answers: readonly [Question, Answered][]): string[] {
  const byMachine = Map.groupBy(answers, ([, { machine }]) => machine);
  if (byMachine.size === 1) return [`Measured on ${[...byMachine.keys()].join('')}.`];
  return [...byMachine].map(([machine, all]) => `- ${all.map(([{ name }]) => name).join(', ')}: ${machine}`);
}

function markOf({ against }: Goal, { commit, machine }: Answered): string {
  const isTogether = against === undefined || (against.commit === commit && against.machine === machine);
  return isTogether ? '' : ` ${MARK}`;
}

/** A table with its head; columns in which no row has anything are left out. */
function listCells(rows: readonly Row[]): string[][] {
  const columns = COLUMNS.filter(([head, format]) => head === '' || head === 'median' || rows.some(format));
  return [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, format]) => format(row)))];
}

/** The first of the rows is the head; `rule` says how columns but the first are aligned, to the right unless given. */
export function formatTable([heads = [], ...rows]: readonly (readonly string[])[], rule = '---:'): string[] {
  return [
    formatLine(heads),
    `|${heads.map((_, index) => (index === 0 ? '---' : rule)).join('|')}|`,
    ...rows.map(formatLine),
  ];
}

function formatLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

function formatIn(value: number | undefined, unit: string): string {
  return value === undefined ? '' : `${formatNumber(value)} ${unit}`;
}

/** Three digits that mean something. */
export function formatNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
