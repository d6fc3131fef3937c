import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Random, createRandom } from '../src/demo/random.ts';
import { type SiteRecords, readSite } from '../src/demo/truth-site.ts';
import { computeRangeTruth, type Truth } from '../src/demo/truth.ts';
import { writeDemo } from '../src/demo/write-demo.ts';
import { type SnapshotRows, inSnapshotSql, snapshotParams } from '../src/engagement/snapshot-rows.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { addResults, ingest, type IngestResult } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import type { Store } from '../src/store/store.ts';
import { findDifferences, findRangeDifferences } from './compare-truth.ts';
import { dieAfter, survives } from './dying-store.ts';
import { type Site, openSite } from './open-site.ts';
import { readLines, scatterLines, shuffle } from './scatter-logs.ts';

// The demo's truth.json is an independent reading of the files by the rules; the API must say the same of every learner.

const UNTIL = new Date('2026-03-18T17:45:00.250Z');
/** Timelines cost a request each: of the large site, one in so many is asked for, unless DEMO_TRUTH=all. */
const EVERY_NTH = process.env.DEMO_TRUTH === 'all' ? 1 : 6;
/** Other ranges than the window: longer, a day, and one that ends after everything. */
const RANGES = [
  { start: '2026-03-03', end: '2026-03-14' },
  { start: '2026-03-10', end: '2026-03-11' },
  { start: '2026-03-17', end: '2026-04-01' },
];
/** Of each small site: DEMO_TRUTH_RANGES=70 makes 70. */
const RANDOM_RANGES = Number(process.env.DEMO_TRUTH_RANGES ?? 5);
const DAY_MS = 86_400_000;
let dir = '';
before(async () => (dir = await mkdtemp(join(tmpdir(), 'demo-truth-'))));
after(() => rm(dir, { recursive: true, maxRetries: 10 }));

async function readTruth(site: string): Promise<Truth> {
  return JSON.parse(await readFile(join(site, 'truth.json'), 'utf8')) as Truth;
}

function lmsFiles(site: string): string[] {
  return ['enrollments.csv', 'roles.csv', 'courses.csv'].map((name) => join(site, 'lms', name));
}

/** What an ingest said of the lines, as the truth puts it; reasons that did not occur are left out. */
function countLines({ lines, accepted, irrelevant, rejected, facts, new_facts, failed }: IngestResult) {
  assert.deepEqual(failed, []);
  const reasons = Object.entries(rejected).filter(([, count]) => count > 0);
  return { lines, accepted, irrelevant, rejected: Object.fromEntries(reasons), facts, distinct_facts: new_facts };
}

/** The same lines so many times: all of it more often, but not what is distinct. */
function multiplyLines(lines: Truth['lines'], times: number) {
  const rejected = Object.entries(lines.rejected).map(([reason, count]) => [reason, count * times]);
  return {
    lines: lines.lines * times,
    accepted: lines.accepted * times,
    irrelevant: lines.irrelevant * times,
    rejected: Object.fromEntries(rejected) as Record<string, number>,
    facts: lines.facts * times,
    distinct_facts: lines.distinct_facts,
  };
}

/** Everything that came of the logs, a text per row, sorted. */
async function dumpFacts(store: Store): Promise<string[]> {
  const facts = await store.read<object>('SELECT * REPLACE (toString(hash) AS hash) FROM facts FINAL');
  const changes = await store.read<object>('SELECT * REPLACE (toString(hash) AS hash) FROM roster_changes FINAL');
  return [...facts, ...changes].map((row) => JSON.stringify(row)).toSorted();
}

/** What is published, but for when. */
async function dumpReadModel(store: Store): Promise<string[]> {
  const courses = await store.read<SnapshotRows & { course_id: string }>(
    'SELECT * EXCEPT (started_at, published_at) FROM snapshots ORDER BY snapshot DESC LIMIT 1 BY course_id',
  );
  const rows: object[] = [];
  for (const { snapshot, rest, ...course } of courses) {
    const own = { snapshot, rest };
    rows.push(
      course,
      ...(await store.read<object>(
        `SELECT {course:String} AS course_id, * EXCEPT snapshot FROM learners WHERE ${inSnapshotSql(own)}`,
        { course: course.course_id, ...snapshotParams(own) },
      )),
    );
  }
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

function assertSame(actual: readonly string[], expected: readonly string[]): void {
  const [had, has] = [new Set(expected), new Set(actual)];
  const lost = expected.filter((row) => !has.has(row)).slice(0, 5);
  const added = actual.filter((row) => !had.has(row)).slice(0, 5);
  assert.deepEqual({ lost, added, rows: actual.length }, { lost: [], added: [], rows: expected.length });
}

describe('a site of more than 5,000 learners', () => {
  let site = '';
  let truth: Truth;
  let facts: string[];
  let model: string[];

  before(async () => {
    site = join(dir, 'large');
    const options = { learners: 5200, courses: 6, days: 19, seed: 20_260_318, until: UNTIL, noise: 0.3 };
    await writeDemo({ out: site, ...options, truth: true, gzipRotated: true });
    truth = await readTruth(site);
  });

  test('is of all kinds', () => {
    const ids = Object.keys(truth.courses);
    const shapes = [/^course-v1:/, /^ccx-v1:/, /^[^:]+\/[^/]+\/[^/]+$/, /\P{ASCII}/u];
    for (const shape of shapes)
      assert.ok(
        ids.some((id) => shape.test(id)),
        String(shape),
      );
    const learners = new Set(Object.values(truth.courses).flatMap((course) => Object.keys(course.learners)));
    assert.ok(learners.size >= 5000, `${learners.size} learners`);
  });

  test('logs, then the LMS: the API says what is true', async (t) => {
    const { store, ask, close } = await openSite();
    try {
      const result = await ingest(store, [join(site, 'logs')], { now: UNTIL });
      assert.deepEqual(countLines(result), truth.lines);
      await importCsv(store, lmsFiles(site));
      await refresh(store, { asOf: truth.as_of });
      const found = await findDifferences(ask, truth, EVERY_NTH);
      t.diagnostic(`${found.learners} learners, ${found.timelines} timelines of ${found.days} days compared`);
      assert.deepEqual(found.differences, []);
      const records = await readSite(site, UNTIL);
      for (const range of RANGES) {
        const courses = computeRangeTruth(records, range, truth.as_of);
        assert.deepEqual(await findRangeDifferences(ask, courses, range), []);
      }
      facts = await dumpFacts(store);
      model = await dumpReadModel(store);
    } finally {
      await close();
    }
  });

  test('the LMS, then the lines shuffled, split and all of them twice: the same', async (t) => {
    const random = createRandom(1, 'shuffle');
    const pieces = await scatterLines(await readLines(join(site, 'logs')), join(dir, 'pieces'), 37, random);
    const { store, ask, close } = await openSite();
    try {
      await importCsv(store, lmsFiles(site).toReversed());
      const results = [await ingest(store, pieces.slice(0, 11), { now: UNTIL })];
      await refresh(store, { asOf: truth.as_of });
      results.push(await ingest(store, pieces.slice(8, 37), { now: UNTIL }));
      results.push(await ingest(store, pieces.slice(0, 8), { now: UNTIL }));
      results.push(await ingest(store, pieces.slice(11, 37).toReversed(), { now: UNTIL }));
      assert.deepEqual(countLines(addResults(results)), multiplyLines(truth.lines, 2));
      await refresh(store, { asOf: truth.as_of });
      assertSame(await dumpFacts(store), facts);
      assertSame(await dumpReadModel(store), model);
      const found = await findDifferences(ask, truth, 10 * EVERY_NTH);
      t.diagnostic(`${found.learners} learners, ${found.timelines} timelines of ${found.days} days compared`);
      assert.deepEqual(found.differences, []);
      await refresh(store, { asOf: truth.as_of, full: true });
      assertSame(await dumpReadModel(store), model);
    } finally {
      await close();
    }
  });
});

describe('small sites in any order', () => {
  // Others can be tried: DEMO_TRUTH_SEEDS=7,8,9
  const seeds = (process.env.DEMO_TRUTH_SEEDS ?? '3').split(',').map(Number);
  for (const seed of seeds) test(`seed ${seed}`, async () => tryRandomOrder(seed));
});

/**
 * A random site whose files are cut up and come in random order, some repeatedly, between refreshes for this date and others;
 * every third step is killed on its way and done again. At the end all is true, for random ranges too, and the same in full.
 */
async function tryRandomOrder(seed: number): Promise<void> {
  const random = createRandom(seed, 'order');
  const out = join(dir, `seed-${seed}`);
  const until = new Date(UNTIL.getTime() + random.int(400 * 86_400) * 1000);
  await writeDemo({
    out,
    learners: 15 + random.int(40),
    courses: 1 + random.int(6),
    days: 1 + random.int(30),
    seed,
    until,
    noise: random.int(60) / 100,
    truth: true,
    gzipRotated: random.chance(0.5),
  });
  const truth = await readTruth(out);
  const lines = shuffle(await readLines(join(out, 'logs')), random);
  const [course = ''] = Object.keys(truth.courses);
  // such as change few learners: of one course, which is then refreshed by itself, and of any
  const places = [...lines.keys()].filter((place) => lines[place]?.includes(course) === true).slice(0, 40);
  const ofOne = places.map((place) => lines[place] ?? '');
  const others = lines.filter((_, place) => !places.includes(place));
  const crumbs = [
    ...(await scatterLines(ofOne, join(out, 'crumbs-of-one'), 6, random)),
    ...(await scatterLines(others.slice(0, 20), join(out, 'crumbs'), 3, random)),
  ];
  const pieces = await scatterLines(others.slice(20), join(out, 'pieces'), 1 + random.int(12), random);
  const { store, ask, close } = await openSite();
  try {
    const results: IngestResult[] = [];
    const take = (piece: string) => async (to: Store) => void results.push(await ingest(to, [piece], { now: until }));
    const steps = [
      ...pieces.map(take),
      ...lmsFiles(out).map((file) => async (to: Store) => void (await importCsv(to, [file]))),
      ...[-9, -1, 0].map((days) => async (to: Store) => {
        const asOf = new Date(Date.parse(truth.as_of) + days * 86_400_000).toISOString().slice(0, 10);
        await refresh(to, { asOf });
      }),
    ];
    let carried = 0;
    const bringUpToDate = async (to: Store) => {
      const { learners, recomputed } = await refresh(to, { asOf: truth.as_of });
      carried += learners - recomputed;
    };
    const slowly = crumbs.flatMap((piece) => [take(piece), bringUpToDate]);
    for (const step of [...shuffle(steps, random), bringUpToDate, ...slowly]) {
      const done = random.chance(0.33) && (await survives(step(dieAfter(store, random.int(30)))));
      if (!done) await step(store);
    }
    assert.ok(carried > 0, 'some refresh left learners as they were');
    // a killed ingest may have stored what the next one finds known
    const [stored] = await store.read<{ facts: number }>('SELECT sum(1 + completed) AS facts FROM facts FINAL');
    const { distinct_facts: _, ...counts } = countLines(addResults(results));
    assert.deepEqual({ ...counts, distinct_facts: stored?.facts }, truth.lines);
    for (const piece of shuffle([...pieces, ...crumbs], random).slice(0, 3)) {
      assert.equal((await ingest(store, [piece], { now: until })).new_facts, 0);
    }
    await refresh(store, { asOf: truth.as_of });
    assert.deepEqual((await findDifferences(ask, truth)).differences, []);
    await compareRandomRanges(random, await readSite(out, until), truth, ask);
    const model = await dumpReadModel(store);
    await refresh(store, { asOf: truth.as_of, full: true });
    assertSame(await dumpReadModel(store), model);
  } finally {
    await close();
  }
}

const formatDay = (time: number) => new Date(time).toISOString().slice(0, 10);

async function compareRandomRanges(random: Random, site: SiteRecords, truth: Truth, ask: Site['ask']): Promise<void> {
  const day = () => Date.parse(truth.as_of) - (random.int(40) - 2) * DAY_MS;
  for (let count = 0; count < RANDOM_RANGES; count += 1) {
    const [one, other] = [day(), day()];
    const range = { start: formatDay(Math.min(one, other)), end: formatDay(Math.max(one, other) + DAY_MS) };
    const courses = computeRangeTruth(site, range, truth.as_of);
    assert.deepEqual(await findRangeDifferences(ask, courses, range), [], `${range.start} to ${range.end}`);
  }
}
