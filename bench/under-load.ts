import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Asked, startAsking, summarizeSlices } from './ask.ts';
import { readAskedCourse } from './asked-course.ts';
import type { LoadOutcome } from './load.ts';
import { findLog } from './make-log.ts';
import { makeSite, SITE_END } from './make-site.ts';
import { measure } from './measure.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import { issueKey, MAIN, readMemory, serveSite } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { NEW_FACTS, writeNews } from './refresh.ts';
import { REQUEST_KINDS } from './request-kinds.ts';

/** What readers notice of an ingest and a refresh that the same process does meanwhile. */
export const UNDER_LOAD: Question = {
  name: 'under-load',
  asks: 'Do readers wait while logs are taken in and courses refreshed?',
  answer: run,
};

const SITE_ROWS = 1_000_000;
const QUICK_ROWS = 10_000;
const LIMIT_MS = 20;
const KINDS = new Set([
  'learner',
  'page-1',
  'page-40',
  'any-page',
  'search',
  'type-ahead',
  'combined',
  'metadata',
  'timeline',
]);

async function run(context: BenchContext): Promise<Outcome> {
  const rows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const site = join(context.dir, `site-${rows}`);
  await makeSite(site, rows, context.say);
  const log = await findLog(context);
  const data = join(context.dir, 'under-load');
  await rm(data, { recursive: true, force: true });
  await cp(site, data, { recursive: true });
  const news = `${data}.log`;
  await writeNews(data, news, 1);
  const key = await issueKey({ dataDir: data });
  const server = await serveSite(data);
  try {
    const course = await readAskedCourse({ server, key }, LARGEST_COURSE);
    const kinds = REQUEST_KINDS.filter(({ name }) => KINDS.has(name));
    const all = kinds.map(({ paths }) => paths(course, 4000));
    const paths = Array.from(
      { length: 4000 * kinds.length },
      (_, index) => `/api/v0/${all[index % kinds.length]![Math.floor(index / kinds.length)]!}`,
    );
    const product = async (argv: string) => measure(`'${process.execPath}' '${MAIN}' ${argv} --json --data '${data}'`);
    let start = 0;
    /** Asks without a gap for as long as the work takes, from when the load generator is warm. */
    const askDuring = async (work: () => Promise<{ seconds: number }>): Promise<readonly [LoadOutcome, number]> => {
      const headers = { authorization: `Token ${key}` };
      const asking = startAsking({ port: server.port, connections: 1, headers, paths, start, revalidate: false });
      await asking.ready;
      // whatever becomes of the work, nobody asks on
      const [worked] = await Promise.allSettled([work()]);
      const outcome = await asking.stop();
      if (worked.status === 'rejected') throw worked.reason;
      start += outcome.latencies.length;
      return [outcome, worked.value.seconds];
    };
    const [idle] = await askDuring(async () => wait(context.quick ? 1000 : 10_000, { seconds: 10 }));
    const [ingesting, ingestSeconds] = await askDuring(async () => product(`ingest --no-refresh '${log}' '${news}'`));
    const [refreshing, refreshSeconds] = await askDuring(async () => product(`refresh --as-of ${SITE_END}`));
    const [rebuilding, rebuildSeconds] = await askDuring(async () => product(`refresh --full --as-of ${SITE_END}`));
    const memoryMb = readMemory(server.pid).peak;
    const during = summarizeSlices([ingesting, refreshing, rebuilding]);
    return {
      rows: [
        describe('idle', idle),
        describe(
          `during an ingest of a large log and ${NEW_FACTS.toLocaleString('en')} new facts (${ingestSeconds.toFixed(1)} s)`,
          ingesting,
        ),
        describe(`during the refresh after it (${refreshSeconds.toFixed(1)} s)`, refreshing),
        { ...describe(`during a full refresh (${rebuildSeconds.toFixed(1)} s)`, rebuilding), memoryMb },
      ],
      goals: [
        {
          text: `99 % of answers within ${LIMIT_MS} ms while ingest and refresh run`,
          found: `${tailOf(during).toFixed(1)} ms, ${during.most.toFixed(0)} ms at most`,
          met: tailOf(during) <= LIMIT_MS,
        },
      ],
      notes: [
        'A learner, page 1, sorted page 40, any page, search, type-ahead, the three together, metadata and timeline in turns, over one connection without a pause but that for the answer; ingest and refresh are handed to the process that serves. The memory is the most that it had until then.',
      ],
    };
  } finally {
    await server.close();
    await rm(data, { recursive: true, force: true });
    await rm(news, { force: true });
  }
}

function describe(what: string, outcome: LoadOutcome): Row {
  const found = summarizeSlices([outcome]);
  return {
    what,
    unit: 'ms',
    median: found.median,
    ...(found.p99 !== null && { p99: found.p99 }),
    most: found.most,
    perSecond: found.perSecond,
  };
}

/** Of fewer answers than a hundred, the one that took the most. */
function tailOf({ p99, most }: Asked): number {
  return p99 ?? most;
}
