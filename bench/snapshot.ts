import { cp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildCopy, copyFolder } from '../src/engagement/copy/build-copy.ts';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { syncFile } from './load-sqlite.ts';
import { makeSite, SITE_END } from './make-site.ts';
import { median } from './median.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { NEW_FACTS, writeNews } from './refresh.ts';
import { makeSqlite } from './sqlite.ts';

/** What stands between the numbers and the readers: files of our own form, or a SQLite file. */
export const SNAPSHOT: Question = {
  name: 'snapshot',
  asks: 'What does it take to put a snapshot where readers read it?',
  answer: run,
};

/** Rows by which others find what a copy takes. */
export const COPY_PERSONS = 'our copy: persons, per million of them';
export const COPY_DONE = 'our copy: what they did by day, per million facts';
export const COPY_LEARNERS = 'our copy: numbers of a snapshot, per million learners';

const SITE_ROWS = 1_000_000;
const QUICK_ROWS = 10_000;

async function run(context: BenchContext): Promise<Outcome> {
  const site = join(context.dir, `site-${context.quick ? QUICK_ROWS : SITE_ROWS}`);
  await makeSite(site, context.quick ? QUICK_ROWS : SITE_ROWS, context.say);
  const { path, steps } = await makeSqlite(context, site, LARGEST_COURSE);
  const changed = await time(context, async () => changeSqlite(path));
  context.say(`SQLite: changed in ${changed.toFixed(1)} s`);
  const rows = [
    ...(await measureCopies(context, site)),
    ...steps.map(({ step, seconds }) => describe(`SQLite, all of it: ${step}`, seconds)),
    describe(
      `SQLite, all of it (${formatMb((await stat(path)).size)})`,
      steps.reduce((sum, { seconds }) => sum + seconds, 0),
    ),
    describe(`SQLite, the file copied and ${CHANGED.toLocaleString('en')} learners changed in it`, changed),
  ];
  return {
    rows,
    goals: [],
    notes: [
      `Of the course of the requests, its numbers computed before. The copy is made from the tables of the engine, facts too; of SQLite it is its own time alone, with every row at hand, the answers as JSON and the days of each learner as a list.`,
    ],
  };
}

const isPerson = (name: string) => name.startsWith('people-');
const isDone = (name: string) => /\/(?:rows|entities)-\d+$/.test(name);

/** Ours: from nothing, and after new facts, with what can be taken over from the copy of the snapshot before. */
async function measureCopies(context: BenchContext, site: string): Promise<Row[]> {
  const data = join(context.dir, 'copied');
  const log = `${data}.log`;
  await rm(data, { recursive: true, force: true });
  await cp(site, data, { recursive: true });
  await writeNews(data, log, 0);
  const store = await openStore({ dataDir: data });
  try {
    await ingest(store, [log]);
    await refresh(store, { asOf: SITE_END });
    const again = await time(context, async () => copyAgain(store, false));
    const all = await time(context, async () => copyAgain(store, true));
    const sizes = await listSizes(store.copies);
    const bytes = (of: (name: string) => boolean) =>
      sum([...sizes].filter(([name]) => of(name)).map(([, size]) => size));
    const [counted] = await store.read<{ facts: number; learners: number }>(
      `SELECT count() AS facts, (SELECT count() FROM lms_enrollments WHERE course_id = {course:String}) AS learners
       FROM facts WHERE course_id = {course:String}`,
      { course: LARGEST_COURSE },
    );
    const { facts = NaN, learners = NaN } = counted ?? {};
    return [
      describe(`our copy, all of it (${formatMb(bytes(() => true))})`, all),
      describeSize(COPY_PERSONS, bytes(isPerson) / learners),
      describeSize(COPY_DONE, bytes(isDone) / facts),
      describeSize(COPY_LEARNERS, bytes((name) => !isPerson(name) && !isDone(name)) / learners),
      describe(`our copy after ${NEW_FACTS.toLocaleString('en')} new facts`, again),
    ];
  } finally {
    await store.close();
    for (const made of [data, log]) await rm(made, { recursive: true, force: true });
  }
}

/** Seconds; making room is not counted. */
async function copyAgain(store: Store, all: boolean): Promise<number> {
  const course = await getCourse(store, LARGEST_COURSE);
  if (course === null) throw new Error('There is no course.');
  await rm(all ? store.copies : copyFolder(store, course.snapshot), { recursive: true, force: true });
  const began = performance.now();
  await buildCopy(store, course);
  return (performance.now() - began) / 1000;
}

const CHANGED = 5000;

/** The least that it would take: nobody else's segments change, and what is new is at hand. Gives seconds. */
async function changeSqlite(path: string): Promise<number> {
  const part = `${path}.part`;
  const began = performance.now();
  await cp(path, part);
  const database = new DatabaseSync(part);
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN');
  const ids = database.prepare('SELECT id FROM learners WHERE id % (SELECT max(1, count(*) / ?) FROM learners) = 0');
  const learner = database.prepare(
    `UPDATE learners SET problem_attempts = problem_attempts + 2, problems_attempted = problems_attempted + 2, days_active = days_active + 1,
       attempt_ratio_order = attempt_ratio_order + 2, problem_attempts_per_completed = problem_attempts_per_completed + 1, last_active = '2026-03-17'
     WHERE id = ?`,
  );
  const document = database.prepare(
    `UPDATE documents SET document = replace(document, '"last_active"', '"last_active" ') WHERE id = ?`,
  );
  const days = database.prepare(
    `INSERT INTO timelines VALUES (?, '[["2026-03-17",0,2,0,2,0]]')
     ON CONFLICT DO UPDATE SET days = substr(days, 1, length(days) - 1) || substr(excluded.days, 2)`,
  );
  for (const { id } of ids.all(CHANGED) as { id: number }[])
    for (const statement of [learner, document, days]) statement.run(id);
  database.exec('COMMIT');
  database.close();
  syncFile(part);
  await rename(part, `${path}.changed`);
  const seconds = (performance.now() - began) / 1000;
  await rm(`${path}.changed`);
  return seconds;
}

async function time({ rounds }: BenchContext, once: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await once());
  return median(all);
}

function describe(what: string, seconds: number): Row {
  return { what, unit: 's', median: seconds };
}

function formatMb(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
}

function describeSize(what: string, megabytes: number): Row {
  return { what, unit: 'MB', median: megabytes };
}

/** Bytes of the files in it by their path there, those with several names once. */
async function listSizes(folder: string): Promise<Map<string, number>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { ino, size } = await stat(path);
        return { name: relative(folder, path), ino, size };
      }),
  );
  return new Map([...new Map(files.map((file) => [file.ino, file])).values()].map(({ name, size }) => [name, size]));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
