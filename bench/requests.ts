import { join } from 'node:path';
import { ask, type Asked, summarizeSlices } from './ask.ts';
import type { LoadOutcome } from './load.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import { makeSite } from './make-site.ts';
import { openPostgres } from './postgres.ts';
import { issueKey, readMemory, type RunningRival, serveSite } from './product.ts';
import type { BenchContext, Goal, Outcome, Question, Row } from './question.ts';
import { type RequestKind, REQUEST_KINDS } from './request-kinds.ts';
import { openSqlite } from './sqlite.ts';
import { type Asker, fetchText, listUsernames } from './usernames.ts';

// Every kind of request through HTTP, on a course of a million learners: every address another one, and then whether what is
// known still holds; beside the same shape of app over PostgreSQL and over SQLite, asked in turns.

const SITE_ROWS = 1_000_000;
const QUICK_ROWS = 10_000;

export const REQUESTS: readonly Question[] = REQUEST_KINDS.map((kind) => ({
  name: `requests/${kind.name}`,
  asks: `${kind.what[0]!.toUpperCase()}${kind.what.slice(1)}: how long, and how many at once?`,
  answer: async (context) => run(context, kind),
}));

async function run(context: BenchContext, kind: RequestKind): Promise<Outcome> {
  const rows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const dataDir = join(context.dir, `site-${rows}`);
  await makeSite(dataDir, rows, context.say);
  const key = await issueKey(dataDir);
  const rivals = kind.rivals ? await openRivals(context, dataDir) : [];
  const ours = await serveSite(dataDir);
  try {
    const usernames = await listUsernames(ours, key, LARGEST_COURSE);
    const paths = kind.paths(LARGEST_COURSE, usernames, 20_000).map((path) => `/api/v0/${path}`);
    for (const rival of rivals) await requireSameAnswers({ server: ours, key }, rival, paths.slice(0, 40));
    return await compare(context, kind, { ours: { server: ours, key }, rivals, paths });
  } finally {
    await ours.close();
    for (const rival of rivals) await rival.close();
  }
}

/** What is installed. Where nothing was loaded yet, the site's store is opened, so nothing may be serving it. */
async function openRivals(context: BenchContext, dataDir: string): Promise<RunningRival[]> {
  const sqlite = await openSqlite(context, dataDir, LARGEST_COURSE);
  const postgres = await openPostgres(context, dataDir, LARGEST_COURSE);
  return postgres === null ? [sqlite] : [postgres, sqlite];
}

/** A comparison with something that answers less would be none. Addresses of other pages differ by the port, and by the snapshot that they name. */
export async function requireSameAnswers(ours: Asker, rival: Asker, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const [own, other] = await Promise.all([fetchText(ours, path), fetchText(rival, path)]);
    const [one, two] = [own, other].map(withoutLinks);
    if (one !== two) throw new Error(`${path} is answered differently:\n${one?.slice(0, 900)}\n${two?.slice(0, 900)}`);
  }
}

function withoutLinks(answer: string): string {
  const { next: _, previous: __, tidbits: ___, ...rest } = JSON.parse(answer) as Record<string, unknown>;
  return JSON.stringify(rest);
}

interface Comparison {
  readonly ours: Asker;
  readonly rivals: readonly RunningRival[];
  readonly paths: readonly string[];
}

async function compare(
  context: BenchContext,
  kind: RequestKind,
  { ours, rivals, paths }: Comparison,
): Promise<Outcome> {
  const rows: Row[] = [];
  const goals: Goal[] = [];
  for (const connections of context.quick ? kind.connections.slice(0, 1) : kind.connections) {
    for (const revalidate of kind.revalidate ? [false, true] : [false]) {
      const askers = [ours, ...rivals];
      const slices: LoadOutcome[][] = askers.map(() => []);
      for (let round = 0; round < context.rounds; round += 1) {
        for (const [index, { server, key }] of askers.entries()) {
          slices[index]?.push(
            await ask({
              port: server.port,
              connections,
              seconds: kind.most === undefined ? (context.quick ? 0.3 : 1.2) : 600,
              headers: { authorization: `Token ${key}` },
              paths: revalidate ? paths.slice(0, 100) : paths,
              start: round * Math.floor(paths.length / context.rounds),
              revalidate,
              ...(kind.most !== undefined && { most: kind.most }),
            }),
          );
        }
      }
      const [own, ...asked] = slices.map(summarizeSlices);
      if (own === undefined) continue;
      const others = asked.map((other, index) => ({ ...other, name: rivals[index]!.name }));
      const what = `${kind.what}, ${connections === 1 ? '1 connection' : `${connections} connections`}${revalidate ? ', revalidated' : ''}`;
      context.say(
        `${what}: ${[own.median.toFixed(2), ...others.map(({ name, median }) => `${name} ${median.toFixed(2)}`)].join(', ')} ms`,
      );
      rows.push(
        describeAsked(what, own, {
          memoryMb: readMemory(ours.server.pid).now,
          ratios: others.map(({ name, median }) => ({ times: own.median / median, to: name })),
        }),
        ...others.map((other) => describeAsked(`${what}: ${other.name}`, other)),
      );
      const other = others.find(({ name }) => name === 'PostgreSQL');
      goals.push(...judge(kind, { connections, revalidate, own, other }));
    }
  }
  const notes = [
    ...(kind.most === undefined ? [] : [`${kind.most} a slice.`]),
    ...(kind.note === undefined ? [] : [kind.note]),
    ...rivals.map(({ name, keeps }) => `${name} keeps the answers ready, on ${keeps}.`),
  ];
  return { rows, goals, notes };
}

function describeAsked(what: string, asked: Asked, more: Partial<Row> = {}): Row {
  return { what, unit: 'ms', median: asked.median, p99: asked.p99, perSecond: asked.perSecond, ...more };
}

const FAST = new Set(['learner', 'page-1', 'page-40', 'search', 'type-ahead', 'metadata']);

interface Found {
  readonly connections: number;
  readonly revalidate: boolean;
  readonly own: Asked;
  readonly other: Asked | undefined;
}

/** The goals for requests: medians and 99th percentiles at one connection, requests a second at 32. */
function judge({ name, what }: RequestKind, { connections, revalidate, own, other }: Found): Goal[] {
  const goals: Goal[] = [];
  const most = (text: string, found: number, limit: number) =>
    goals.push({
      text: `${what}: ${text} at 1 connection ≤ ${limit} ms`,
      found: `${found.toFixed(2)} ms`,
      met: found <= limit,
    });
  if (connections === 1 && !revalidate) {
    if (FAST.has(name)) {
      most('median', own.median, 2);
      most('99 %', own.p99, 10);
      if (other !== undefined)
        goals.push({
          text: `${what}: not slower than PostgreSQL at 1 connection`,
          found: `${own.median.toFixed(2)} ms against ${other.median.toFixed(2)} ms`,
          met: own.median <= other.median,
        });
    }
    if (name === 'combined') most('median', own.median, 15);
    if (name === 'timeline') most('median', own.median, 6);
  }
  if (connections === 32 && FAST.has(name)) {
    const least = revalidate ? 5000 : 3000;
    goals.push({
      text: `${what}: ${revalidate ? 'revalidated' : 'uncached'} at 32 connections ≥ ${least} requests/s`,
      found: `${Math.round(own.perSecond)}/s`,
      met: own.perSecond >= least,
    });
  }
  return goals;
}
