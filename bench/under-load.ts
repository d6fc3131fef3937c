import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ask, summarizeSlices } from './ask.ts';
import type { LoadOutcome } from './load.ts';
import { makeLog } from './make-log.ts';
import { makeSite, SITE_END } from './make-site.ts';
import { measure } from './measure.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import { issueKey, MAIN, readMemory, serveSite } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { NEW_FACTS, writeNews } from './refresh.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { listUsernames } from './usernames.ts';

/** What readers notice of an ingest and a refresh that the same process does meanwhile. */
export const UNDER_LOAD: Question = {
  name: 'under-load',
  asks: 'Do readers wait while logs are taken in and courses refreshed?',
  answer: run,
};

const SITE_ROWS = 1_000_000;
const QUICK_ROWS = 10_000;
const LIMIT_MS = 20;
const KINDS = new Set(['learner', 'page-1', 'page-40', 'metadata', 'timeline']);

async function run(context: BenchContext): Promise<Outcome> {
  const rows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const site = join(context.dir, `site-${rows}`);
  await makeSite(site, rows, context.say);
  const log = context.log ?? (await makeLog(context.dir, { bytes: context.quick ? 40e6 : 2100e6 }, context.say));
  const data = join(context.dir, 'under-load');
  await rm(data, { recursive: true, force: true });
  await cp(site, data, { recursive: true });
  const news = `${data}.log`;
  await writeNews(data, news, 1);
  const key = await issueKey(data);
  const server = await serveSite(data);
  try {
    const usernames = await listUsernames(server, key, LARGEST_COURSE);
    const kinds = REQUEST_KINDS.filter(({ name }) => KINDS.has(name));
    const all = kinds.map(({ paths }) => paths(LARGEST_COURSE, usernames, 4000));
    const paths = Array.from(
      { length: 4000 * kinds.length },
      (_, index) => `/api/v0/${all[index % kinds.length]![Math.floor(index / kinds.length)]!}`,
    );
    let start = 0;
    const askFor = async (seconds: number): Promise<LoadOutcome> => {
      const outcome = await ask({
        port: server.port,
        connections: 1,
        seconds,
        headers: { authorization: `Token ${key}` },
        paths,
        start,
        revalidate: false,
      });
      start += outcome.latencies.length;
      return outcome;
    };
    const product = async (argv: string) => measure(`'${process.execPath}' '${MAIN}' ${argv} --json --data '${data}'`);
    /** Asks for as long as the work takes, in slices of half a second. */
    const askDuring = async (work: Promise<{ seconds: number }>): Promise<readonly [LoadOutcome[], number]> => {
      const over = new AbortController();
      const ending = work.finally(() => over.abort());
      const slices: LoadOutcome[] = [];
      while (!over.signal.aborted) slices.push(await askFor(0.5));
      return [slices, (await ending).seconds];
    };
    const idle = [await askFor(context.quick ? 1 : 5)];
    const [ingesting, ingestSeconds] = await askDuring(product(`ingest --no-refresh '${log}' '${news}'`));
    const [refreshing, refreshSeconds] = await askDuring(product(`refresh --as-of ${SITE_END}`));
    const [rebuilding, rebuildSeconds] = await askDuring(product(`refresh --full --as-of ${SITE_END}`));
    const memoryMb = readMemory(server.pid).peak;
    const during = summarizeSlices([...ingesting, ...refreshing, ...rebuilding]);
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
          found: `${during.p99.toFixed(1)} ms`,
          met: during.p99 <= LIMIT_MS,
        },
      ],
      notes: [
        'A learner, page 1, sorted page 40, metadata and timeline in turns, over one connection; ingest and refresh are handed to the process that serves.',
      ],
    };
  } finally {
    await server.close();
    await rm(data, { recursive: true, force: true });
    await rm(news, { force: true });
  }
}

function describe(what: string, slices: readonly LoadOutcome[]): Row {
  const { median, p99, perSecond } = summarizeSlices(slices);
  return { what, unit: 'ms', median, p99, perSecond };
}
