import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreOptions } from '../src/store/open-store.ts';
import { openClickhouse, skipWithoutClickhouse } from '../test/open-clickhouse.ts';
import { type Asked, describeAsked, summarizeSlices } from './ask.ts';
import { type Asker, readAskedCourse } from './asked-course.ts';
import { askSlice } from './growth.ts';
import type { LoadOutcome } from './load.ts';
import { SITE_END, fillSite, makeSite } from './make-site.ts';
import { LARGEST_COURSE, planSite } from './plan-courses.ts';
import { issueKey, serveSite } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { QUICK_ROWS, SITE_ROWS, addTurn, describeTurns, startTurns, type Turns, writeNews } from './refresh.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { type Places, measureIngests } from './server-ingest.ts';
import { HOW_TIMED, time } from './timed.ts';

/** Ingest, refresh and requests with a ClickHouse that listens, in turns with the embedded engine. */
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
    const site = await measureSite(context, { clickhouse, folder });
    return {
      rows: [...ingests, ...site],
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

/** Of a site of a million learners: what the question of refresh asks of the embedded engine alone, and then a few kinds of requests. */
async function measureSite(context: BenchContext, { clickhouse, folder }: Places): Promise<Row[]> {
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
    ...(await measureAnswers(context, [{ dataDir: embedded }, { dataDir: served, url }])),
  ];
}

const KINDS = new Set(['learner', 'page-1', 'search', 'metadata', 'timeline', 'range-first']);
const CONNECTIONS = [1, 32] as const;

/** The same requests to a server over each of the two, embedded and listening, slices in turns. */
async function measureAnswers(context: BenchContext, places: readonly [StoreOptions, StoreOptions]): Promise<Row[]> {
  const askers: Asker[] = [];
  try {
    for (const place of places) {
      const key = await issueKey(place);
      const where = place.url === undefined ? [] : ['--clickhouse', place.url];
      askers.push({ key, server: await serveSite(place.dataDir, ['--no-refresh', ...where]) });
    }
    const course = await readAskedCourse(askers[0]!, LARGEST_COURSE);
    const rows: Row[] = [];
    for (const kind of REQUEST_KINDS.filter(({ name }) => KINDS.has(name))) {
      for (const connections of CONNECTIONS.filter((each) => kind.connections.includes(each))) {
        const slices: [LoadOutcome[], LoadOutcome[]] = [[], []];
        for (let round = 0; round < context.rounds; round += 1) {
          for (const [index, asker] of askers.entries()) {
            slices[index]!.push(await askSlice(context, asker, { kind, course, connections }, round));
          }
        }
        const [here, there] = slices.map(summarizeSlices) as [Asked, Asked];
        const what = `${kind.what}, ${connections} at once`;
        rows.push(describeAsked(what, here), {
          ...describeAsked(`on the server: ${what}`, there),
          ratios: [{ times: there.median / here.median, to: 'embedded' }],
        });
        context.say(`${what}: ${here.median.toFixed(2)} and ${there.median.toFixed(2)} ms`);
      }
    }
    return rows;
  } finally {
    for (const { server } of askers) await server.close();
  }
}
