import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../src/store/open-store.ts';
import { ask, type Asked, describeAsked, summarizeSlices } from './ask.ts';
import { type AskedCourse, type Asker, readAskedCourse } from './asked-course.ts';
import type { LoadOutcome } from './load.ts';
import { makeSite, SITE_END, type SiteSummary } from './make-site.ts';
import { measure } from './measure.ts';
import { measureFolder } from './measure-folder.ts';
import { median } from './median.ts';
import { LARGEST_COURSE, MIDDLE_COURSE } from './plan-courses.ts';
import { issueKey, MAIN, readMemory, serveSite } from './product.ts';
import { type BenchContext, type Goal, type Outcome, type Question, readAnswers, type Row } from './question.ts';
import { COURSES, type RequestKind, REQUEST_KINDS } from './request-kinds.ts';

/** What grows with a site, and what must not: the same course of five thousand learners is asked about in each. */
export const GROWTH: readonly Question[] = [10_000, 100_000, 1_000_000, 10_000_000].map((rows) => ({
  name: `growth/${rows}`,
  asks: `What does a site of ${rows.toLocaleString('en')} learners in courses take?`,
  answer: async (context) => (context.quick && rows > 10_000 ? { rows: [], goals: [], notes: [] } : run(context, rows)),
}));

const KINDS = new Set(['learner', 'page-1', 'page-40', 'search', 'combined', 'metadata', 'timeline']);
/** What else is asked of the largest course: what reads most of its files, and keeps most of what was found. */
const LARGEST_KINDS = new Set([...KINDS, 'any-page', 'search-new', 'type-ahead', 'type-ahead-new']);
const LARGEST_CONNECTIONS = [1, 32] as const;
const RSS_LIMIT_MB = 700;
const LARGEST_SITE = 10_000_000;
const BASE_SITE = 100_000;
const GROWTH_LIMIT = 1.5;

async function run(context: BenchContext, siteRows: number): Promise<Outcome> {
  const dataDir = join(context.dir, `site-${siteRows}`);
  await makeSite(dataDir, siteRows, context.say);
  const summary = JSON.parse(await readFile(join(dataDir, 'site.json'), 'utf8')) as SiteSummary;
  const rows: Row[] = await measureDisk(dataDir, summary);
  rows.push(await measureRefresh(context, dataDir));
  const key = await issueKey({ dataDir });
  const starts: number[] = [];
  for (let round = 0; round < context.rounds; round += 1) {
    const server = await serveSite(dataDir);
    starts.push(server.startSeconds);
    await server.close();
  }
  rows.push({ what: 'start of serve, until it answers', unit: 's', median: median(starts) });

  const server = await serveSite(dataDir);
  try {
    const asker: Asker = { server, key };
    const idle = readMemory(server.pid).now;
    const middle = await readAskedCourse(asker, MIDDLE_COURSE);
    const asked = new Map<string, Asked>();
    for (const kind of REQUEST_KINDS.filter(({ name }) => KINDS.has(name))) {
      const found = await askKind(context, asker, { kind, course: middle, connections: 1 });
      asked.set(kind.name, found);
      rows.push(describeAsked(nameMiddle(kind), found));
      context.say(`${siteRows}: ${kind.what} ${found.median.toFixed(2)} ms`);
    }
    const listed = await askKind(context, asker, { kind: COURSES, course: middle, connections: 1 });
    rows.push(describeAsked(`${COURSES.what}, all ${summary.courses.toLocaleString('en')}`, listed));
    const small = readMemory(server.pid);
    const largest = await readAskedCourse(asker, LARGEST_COURSE);
    for (const connections of LARGEST_CONNECTIONS) {
      for (const kind of REQUEST_KINDS.filter(({ name }) => LARGEST_KINDS.has(name))) {
        const found = await askKind(context, asker, { kind, course: largest, connections });
        // asked for the memory; each word comes more than once here
        if (kind.once === true) continue;
        const of = `of the largest course, of ${largest.learners.toLocaleString('en')}`;
        rows.push(describeAsked(`${kind.what}, ${of}, ${connections} at once`, found));
      }
    }
    const all = readMemory(server.pid);
    rows.push(
      { what: 'resident memory of serve, after its start', unit: 'MB', median: idle },
      { what: 'the same, after the requests to the course of 5,000', unit: 'MB', median: small.now, most: small.peak },
      { what: 'the same, after those to the largest course too', unit: 'MB', median: all.now, most: all.peak },
    );
    const goals: Goal[] = [];
    // with a course of a million
    if (siteRows >= 1_000_000)
      goals.push({
        text: `resident memory of serve at ${siteRows / 1_000_000} M rows ≤ ${RSS_LIMIT_MB} MB, the course of 5,000 and the largest asked, at 1 and at 32 connections`,
        found: `${all.peak} MB at most (${small.peak} while the course of 5,000 alone was asked, at 1)`,
        met: all.peak <= RSS_LIMIT_MB,
      });
    if (siteRows === LARGEST_SITE) goals.push(...(await compareSites(context, asked)));
    return {
      rows,
      goals,
      notes: [
        `${summary.courses.toLocaleString('en')} courses, ${summary.rows.toLocaleString('en')} learners in them, ${summary.users.toLocaleString('en')} people, ${summary.facts.toLocaleString('en')} facts; made in ${summary.seconds.toFixed(0)} s.`,
        'The most of resident memory is that since the start of serve (VmHWM). What it is while courses are refreshed, the question of readers under load tells.',
      ],
    };
  } finally {
    await server.close();
  }
}

const nameMiddle = ({ what }: RequestKind) => `${what}, of the course of 5,000`;

interface KindOfCourse {
  readonly kind: RequestKind;
  readonly course: AskedCourse;
  readonly connections: number;
}

async function askKind(context: BenchContext, asker: Asker, asked: KindOfCourse): Promise<Asked> {
  const slices = [];
  for (let round = 0; round < context.rounds; round += 1) slices.push(await askSlice(context, asker, asked, round));
  return summarizeSlices(slices);
}

/** A second and a half of such requests, others in each round. */
export async function askSlice(
  { quick }: BenchContext,
  { server, key }: Asker,
  { kind, course, connections }: KindOfCourse,
  round: number,
): Promise<LoadOutcome> {
  return ask({
    port: server.port,
    connections,
    seconds: quick ? 0.3 : 1.5,
    headers: { authorization: `Token ${key}` },
    paths: kind.paths(course, 5000).map((path) => `/api/v0/${path}`),
    start: round * 1500,
    revalidate: false,
  });
}

/** All of it in place, once: the read model is the same afterwards. */
async function measureRefresh({ say }: BenchContext, dataDir: string): Promise<Row> {
  const { output, peakBytes } = await measure(
    `'${process.execPath}' '${MAIN}' refresh --full --json --as-of ${SITE_END} --data '${dataDir}'`,
  );
  const { seconds, learners, courses } = JSON.parse(output) as { seconds: number; learners: number; courses: number };
  say(`${dataDir}: ${courses} courses refreshed in ${seconds.toFixed(1)} s`);
  return {
    what: 'refresh --full of all courses; learners a second',
    unit: 's',
    median: seconds,
    perSecond: learners / seconds,
    memoryMb: peakBytes / 1e6,
  };
}

async function measureDisk(dataDir: string, { facts, rows }: SiteSummary): Promise<Row[]> {
  const store = await openStore({ dataDir });
  const tables = await store
    .read<{ name: string; bytes: number }>(
      `SELECT table AS name, sum(bytes_on_disk) AS bytes FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table`,
    )
    .finally(() => void store.close());
  const bytes = (...names: string[]) =>
    tables.filter(({ name }) => names.includes(name)).reduce((sum, table) => sum + table.bytes, 0);
  const whole = await measureFolder(dataDir);
  return [
    { what: 'disk, all of the data directory', unit: 'MB', median: whole / 1e6 },
    { what: 'facts, per million of them', unit: 'MB', median: bytes('facts') / facts },
    {
      what: 'roster, per million learners in courses',
      unit: 'MB',
      median: bytes('lms_enrollments', 'lms_users', 'roster_changes', 'identities', 'learner_activity') / rows,
    },
    {
      what: 'read model in the engine, per million learners in courses',
      unit: 'MB',
      median: bytes('learners', 'snapshots') / rows,
    },
  ];
}

/** The same questions about the same course, in the largest site and in one of a hundredth, whenever that was measured. */
async function compareSites({ answers }: BenchContext, largest: ReadonlyMap<string, Asked>): Promise<Goal[]> {
  const base = (await readAnswers(answers)).get(`growth/${BASE_SITE}`);
  if (base === undefined) return [];
  return REQUEST_KINDS.flatMap((kind) => {
    const now = largest.get(kind.name)?.median;
    const before = base.rows.find(({ what }) => what === nameMiddle(kind))?.median;
    if (now === undefined || before === undefined || before === null) return [];
    return [
      {
        text: `${kind.what}: at 10 M rows ≤ ${GROWTH_LIMIT} × at 100 k`,
        found: `${now.toFixed(2)} ms against ${before.toFixed(2)} ms`,
        met: now <= GROWTH_LIMIT * before,
        against: { commit: base.commit, machine: base.machine },
      },
    ];
  });
}
