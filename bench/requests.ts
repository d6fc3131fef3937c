import { join } from 'node:path';
import { ask, type Asked, describeAsked, summarizeSlices } from './ask.ts';
import { type AskedCourse, type Asker, fetchText, readAskedCourse } from './asked-course.ts';
import type { LoadOutcome } from './load.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import { makeSite } from './make-site.ts';
import { openPostgres } from './postgres.ts';
import { issueKey, readMemory, type RunningRival, serveSite } from './product.ts';
import type { BenchContext, Goal, Outcome, Question, Row } from './question.ts';
import { judge } from './request-goals.ts';
import { type RequestKind, REQUEST_KINDS } from './request-kinds.ts';
import { countQuestions } from './request-paths.ts';
import { openSqlite } from './sqlite.ts';

// Every kind of request through HTTP, on a course of a million learners: as many different ones as there are, and then whether
// what is known still holds; beside the same shape of app over PostgreSQL and over SQLite, asked in turns.

const SITE_ROWS = 1_000_000;
const QUICK_ROWS = 10_000;
const PATHS = 20_000;
/** Paths whose answers must be the same. */
const COMPARED = 40;

export const REQUESTS: readonly Question[] = REQUEST_KINDS.map((kind) => ({
  name: `requests/${kind.name}`,
  asks: `${kind.what[0]!.toUpperCase()}${kind.what.slice(1)}: how long, and how many at once?`,
  answer: async (context) => (kind.once === true ? runOnce(context, kind) : run(context, kind)),
}));

/** Opens what is installed of rivals; nothing may be serving the site. */
type OpenRivals = (context: BenchContext, dataDir: string) => Promise<RunningRival[]>;

/** One kind of request to the product, beside others in turns. @throws where they answer something else */
export async function run(context: BenchContext, kind: RequestKind, open: OpenRivals = openRivals): Promise<Outcome> {
  const opened = await openAll(context, kind, open);
  try {
    await requireSame(opened);
    return await compare(context, kind, opened);
  } finally {
    await opened.close();
  }
}

/** What the second time takes less is asked once of each of several processes, and compared only then. */
async function runOnce(context: BenchContext, kind: RequestKind): Promise<Outcome> {
  const slices: LoadOutcome[][] = [];
  let last: Opened | null = null;
  let memoryMb = 0;
  for (let round = 0; round < context.rounds; round += 1) {
    last = await openAll(context, kind, openRivals);
    const paths = context.quick ? last.paths.slice(0, 60) : last.paths;
    try {
      for (const [index, asker] of last.askers.entries())
        (slices[index] ??= []).push(await askSlice(asker, { connections: 1, seconds: 600, most: paths.length, paths }));
      memoryMb = Math.max(memoryMb, readMemory(last.ours.server.pid).now);
      if (round === context.rounds - 1) await requireSame(last);
    } finally {
      await last.close();
    }
  }
  if (last === null) return { rows: [], goals: [], notes: [] };
  const found = describeSlices(context, kind, {
    slices,
    rivals: last.rivals,
    memoryMb,
    connections: 1,
    revalidate: false,
  });
  return { ...found, notes: describeNotes(kind, last) };
}

interface Opened {
  readonly ours: Asker;
  readonly rivals: readonly RunningRival[];
  /** All of them, ours first. */
  readonly askers: readonly Asker[];
  readonly paths: readonly string[];
  close(): Promise<void>;
}

/** The site, the rivals that are installed, and what they are asked. */
async function openAll(context: BenchContext, kind: RequestKind, open: OpenRivals): Promise<Opened> {
  const rows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const dataDir = join(context.dir, `site-${rows}`);
  await makeSite(dataDir, rows, context.say);
  const key = await issueKey({ dataDir });
  const rivals = kind.rivals ? await open(context, dataDir) : [];
  const ours: Asker = { server: await serveSite(dataDir), key };
  const course: AskedCourse = await readAskedCourse(ours, LARGEST_COURSE);
  return {
    ours,
    rivals,
    askers: [ours, ...rivals],
    paths: kind.paths(course, PATHS).map((path) => `/api/v0/${path}`),
    close: async () => {
      await ours.server.close();
      for (const rival of rivals) await rival.close();
    },
  };
}

/** What is installed. Where nothing was loaded yet, the site's store is opened, so nothing may be serving it. */
async function openRivals(context: BenchContext, dataDir: string): Promise<RunningRival[]> {
  const sqlite = await openSqlite(context, dataDir, LARGEST_COURSE);
  const postgres = await openPostgres(context, dataDir, LARGEST_COURSE);
  return postgres === null ? [sqlite] : [postgres, sqlite];
}

/** Names of some scripts are not folded quite as the engine folds them, so what is ordered by them differs on some pages. */
async function requireSame({ ours, rivals, paths }: Opened): Promise<void> {
  const compared = paths.filter((path) => !path.includes('order_by=name')).slice(0, COMPARED);
  for (const rival of rivals) await requireSameAnswers(ours, rival, compared);
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

interface Slice {
  readonly connections: number;
  readonly seconds: number;
  readonly paths: readonly string[];
  readonly most?: number;
  readonly start?: number;
  readonly revalidate?: boolean;
}

async function askSlice({ server, key }: Asker, slice: Slice): Promise<LoadOutcome> {
  const headers = { authorization: `Token ${key}` };
  return ask({ start: 0, revalidate: false, ...slice, port: server.port, headers });
}

async function compare(context: BenchContext, kind: RequestKind, opened: Opened): Promise<Outcome> {
  const { ours, askers, rivals, paths } = opened;
  const rows: Row[] = [];
  const goals: Goal[] = [];
  for (const connections of context.quick ? kind.connections.slice(0, 1) : kind.connections) {
    for (const revalidate of kind.revalidate ? [false, true] : [false]) {
      const slices: LoadOutcome[][] = askers.map(() => []);
      for (let round = 0; round < context.rounds; round += 1) {
        for (const [index, asker] of askers.entries()) {
          slices[index]?.push(
            await askSlice(asker, {
              connections,
              seconds: kind.most === undefined ? (context.quick ? 0.3 : 1.2) : 600,
              paths: revalidate ? paths.slice(0, 100) : paths,
              start: round * Math.floor(paths.length / context.rounds),
              revalidate,
              ...(kind.most !== undefined && { most: kind.most }),
            }),
          );
        }
      }
      const memoryMb = readMemory(ours.server.pid).now;
      const found = describeSlices(context, kind, { slices, rivals, memoryMb, connections, revalidate });
      rows.push(...found.rows);
      goals.push(...found.goals);
    }
  }
  return { rows, goals, notes: describeNotes(kind, opened) };
}

interface Slices {
  /** Of ours first, then of each rival. */
  readonly slices: readonly (readonly LoadOutcome[])[];
  readonly rivals: readonly RunningRival[];
  readonly memoryMb: number;
  readonly connections: number;
  readonly revalidate: boolean;
}

function describeSlices(
  { say }: BenchContext,
  kind: RequestKind,
  { slices, rivals, memoryMb, connections, revalidate }: Slices,
): { readonly rows: Row[]; readonly goals: Goal[] } {
  const [own, ...asked] = slices.map(summarizeSlices) as [Asked, ...Asked[]];
  const others = asked.map((other, index) => ({ ...other, name: rivals[index]!.name }));
  const what = `${kind.what}, ${connections === 1 ? '1 connection' : `${connections} connections`}${revalidate ? ', revalidated' : ''}`;
  say(
    `${what}: ${[own.median.toFixed(2), ...others.map(({ name, median }) => `${name} ${median.toFixed(2)}`)].join(', ')} ms`,
  );
  const rows = [
    describeAsked(what, own, {
      memoryMb,
      ratios: others.map(({ name, median }) => ({ times: own.median / median, to: name })),
    }),
    ...others.map((other) => describeAsked(`${what}: ${other.name}`, other)),
  ];
  const other = others.find(({ name }) => name === 'PostgreSQL');
  return { rows, goals: judge(kind, { connections, revalidate, own, other }) };
}

function describeNotes(kind: RequestKind, { paths, rivals }: Opened): string[] {
  const different = countQuestions(paths);
  return [
    `${paths.length.toLocaleString('en')} addresses, which ask for ${different.toLocaleString('en')} different things${different < paths.length ? ': where that is few, most were answered before' : ''}${kind.revalidate ? '; revalidated, the first 100 of them' : ''}.`,
    ...(kind.most === undefined ? [] : [`${kind.most} a slice.`]),
    ...(kind.note === undefined ? [] : [kind.note]),
    ...rivals.map(({ name, keeps }) => `${name} keeps the answers ready, on ${keeps}.`),
  ];
}
