import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from '../test/open-clickhouse.ts';
import { LOG_BYTES, QUICK_LOG_BYTES, quote } from './ingest.ts';
import { makeLog, packLog } from './make-log.ts';
import { SITE_END, fillSite, makeSite } from './make-site.ts';
import { measure, type Measurement } from './measure.ts';
import { median } from './median.ts';
import { planSite } from './plan-courses.ts';
import { MAIN } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { QUICK_ROWS, SITE_ROWS, addTurn, describeTurns, startTurns, type Turns, writeNews } from './refresh.ts';
import { HOW_TIMED, time } from './timed.ts';

/** Ingest and refresh with a ClickHouse that listens, in turns with the embedded engine. */
export const SERVER: Question = {
  name: 'server',
  asks: 'What does a ClickHouse that listens take, beside the embedded engine?',
  answer: run,
};

async function run(context: BenchContext): Promise<Outcome> {
  if (skipWithoutClickhouse.skip !== false) {
    return { rows: [], goals: [], notes: [`Not measured: ${skipWithoutClickhouse.skip}.`] };
  }
  await mkdir(context.dir, { recursive: true });
  const folder = await mkdtemp(join(context.dir, 'server-'));
  const clickhouse = await openClickhouse();
  try {
    const ingests = await measureIngests(context, { clickhouse, folder });
    const refreshes = await measureRefreshes(context, { clickhouse, folder });
    return {
      rows: [...ingests, ...refreshes],
      goals: [],
      notes: [
        `Both on this machine and its disk: the server shares the cores with the process that uses it, and no network lies between them. CPU and memory are of the process alone, not of the server. Each ingest into an empty store. ${HOW_TIMED}`,
      ],
    };
  } finally {
    await clickhouse.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Places {
  readonly clickhouse: Clickhouse;
  /** For data directories. */
  readonly folder: string;
}

/** The same log each way. @throws when they do not find the same facts */
async function measureIngests(context: BenchContext, places: Places): Promise<Row[]> {
  const log =
    context.log ?? (await makeLog(context.dir, { bytes: context.quick ? QUICK_LOG_BYTES : LOG_BYTES }, context.say));
  const { size } = await stat(log);
  const packed = quote(await packLog(context.dir, log, context.say));
  const halves = join(places.folder, 'half-');
  await measure(`split --number=l/2 ${quote(log)} ${quote(halves)}`);
  const ways: readonly Way[] = [
    { name: 'ingest', inputs: [quote(log)], like: null },
    { name: 'ingest, on the server', inputs: [quote(log)], like: 'ingest' },
    { name: 'ingest .gz', inputs: [packed], like: null },
    { name: 'ingest .gz, on the server', inputs: [packed], like: 'ingest .gz' },
    { name: 'ingest -', inputs: [`- <${quote(log)}`], like: null },
    { name: 'ingest -, on the server', inputs: [`- <${quote(log)}`], like: 'ingest -' },
    {
      name: 'two processes at once, half of it each, on the server',
      inputs: [quote(`${halves}aa`), quote(`${halves}ab`)],
      like: 'ingest',
    },
  ];
  const found = new Map<string, Measurement[]>(ways.map(({ name }) => [name, []]));
  const facts = new Set<string>();
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const way of ways) {
      const { measured, count } = await ingestOnce(way, places);
      found.get(way.name)?.push(measured);
      facts.add(count);
      context.say(`round ${round}: ${way.name} ${measured.seconds.toFixed(2)} s`);
    }
  }
  if (facts.size !== 1) throw new Error(`The ingests found different facts: ${[...facts].join(', ')}`);
  const seconds = (name: string) => median(found.get(name)!.map((each) => each.seconds));
  return ways.map(({ name, like }) => ({
    what: `${name} (${seconds(name).toFixed(2)} s, CPU ${median(found.get(name)!.map((each) => each.cpuSeconds)).toFixed(2)} s)`,
    unit: 'MB/s',
    median: size / 1e6 / seconds(name),
    ratios: like === null ? [] : [{ times: seconds(like) / seconds(name), to: 'embedded' }],
    memoryMb: median(found.get(name)!.map((each) => each.peakBytes)) / 1e6,
  }));
}

interface Way {
  readonly name: string;
  /** What each process is given, as words of a shell command. */
  readonly inputs: readonly string[];
  /** The way of the embedded engine that it is compared with; null: it is one. */
  readonly like: string | null;
}

/** Into a fresh store, which is gone afterwards; gives how many facts it holds, attempted and completed apart. */
async function ingestOnce(
  { inputs, like }: Way,
  { clickhouse, folder }: Places,
): Promise<{ measured: Measurement; count: string }> {
  const data = await mkdtemp(join(folder, 'ingested-'));
  if (like !== null) await clickhouse.run('CREATE DATABASE ingested');
  const where = like === null ? '' : `--clickhouse ${clickhouse.url}/ingested`;
  const commands = inputs.map(
    (input, index) =>
      `${quote(process.execPath)} ${quote(MAIN)} ingest --json --no-refresh ${where} --data ${quote(join(data, String(index)))} ${input}`,
  );
  try {
    const [one, ...others] = commands as [string, ...string[]];
    const started = others.map((command, index) => `${command} & other${index}=$!`);
    const waited = others.map((_, index) => ` && wait $other${index}`);
    const measured = await measure([...started, `${one}${waited.join('')}`].join('\n'));
    const count =
      like === null
        ? String((JSON.parse(measured.output) as { new_facts: number }).new_facts)
        : (await clickhouse.run('SELECT count() + countIf(completed) FROM ingested.facts FINAL')).trim();
    return { measured, count };
  } finally {
    if (like !== null) await clickhouse.run('DROP DATABASE ingested SYNC');
    await rm(data, { recursive: true });
  }
}

/** Of a site of a million learners: what the question of refresh asks of the embedded engine alone. */
async function measureRefreshes(context: BenchContext, { clickhouse, folder }: Places): Promise<Row[]> {
  const rows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const site = join(context.dir, `site-${rows}`);
  await makeSite(site, rows, context.say);
  const [embedded, served] = [join(folder, 'embedded'), join(folder, 'served')];
  await cp(site, embedded, { recursive: true });
  await clickhouse.run('CREATE DATABASE site');
  const url = `${clickhouse.url}/site`;
  await fillSite(served, planSite(rows), context.say, url);
  await time(`refresh --as-of ${SITE_END} --clickhouse ${url}`, served, context.say);
  const log = join(folder, 'news.log');
  const turns: readonly (readonly [string, Turns, string])[] = [
    ['', startTurns(), embedded],
    [`--clickhouse ${url}`, startTurns(), served],
  ];
  for (let round = 0; round < context.rounds; round += 1) {
    await writeNews(embedded, log, round);
    for (const [where, found, data] of turns) {
      await addTurn(found, async (argv) => time(`${argv} ${where}`, data, context.say), log);
    }
  }
  const [here, there] = turns.map(([, found]) => describeTurns(found)) as [Row[], Row[]];
  return [
    ...here,
    ...there.map((row, index) => ({
      ...row,
      what: `on the server: ${row.what}`,
      ratios: [{ times: row.median! / here[index]!.median!, to: 'embedded' }],
    })),
  ];
}
