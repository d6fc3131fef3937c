import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createKey, listKeys, revokeKey } from '../auth/api-keys.ts';
import { isLoopback } from '../auth/demo-login.ts';
import { loadConfig } from '../config.ts';
import { writeDemo } from '../demo/write-demo.ts';
import { listCourses } from '../engagement/course.ts';
import { listLearners } from '../engagement/roster.ts';
import { refresh } from '../engagement/refresh.ts';
import { AppError } from '../errors.ts';
import { ingest } from '../ingest/ingest.ts';
import { importCsv } from '../lms/import-csv.ts';
import { recordImport } from '../lms/import-history.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { keepToOwner } from '../keep-to-owner.ts';
import { doWithoutMaglev } from '../without-maglev.ts';
import { openService } from './serve.ts';
import { waitForStop } from './wait-for-stop.ts';

// `npm start`: the product with a made-up site, made once; its answers stay those of the day it was made.

const KEY_NAME = 'demo';

async function start(): Promise<void> {
  if (process.argv.length > 2)
    throw new AppError('usage', 'npm start takes no arguments; PORT, HOST and DATA_DIR say where it runs.');
  const loaded = loadConfig();
  if (loaded.clickhouseUrl !== null || loaded.clickhouseCluster !== null)
    throw new AppError(
      'usage',
      'The demonstration has a store of its own: start it without CLICKHOUSE_URL and CLICKHOUSE_CLUSTER.',
    );
  // apart from what the product keeps of a real site: made-up people have numbers and names that real ones have too
  const folder = resolve(loaded.dataDir, 'demonstration');
  const config = { ...loaded, dataDir: folder };
  const store = await openStore({ dataDir: folder });
  try {
    const asOf = readAsOf(folder) ?? (await makeDemo(store, folder));
    const courseIds = readCourseIds(folder);
    const demoCourses = isLoopback(config.host) ? courseIds : undefined;
    if (demoCourses === undefined) say(`Nobody can log in: the demonstration does that on a loopback address only.`);
    await refresh(store, { asOf, includeStaff: config.includeStaff });
    const key = await replaceKey(store, courseIds);
    const stop = waitForStop();
    const service = await openService(config, store, { asOf, keepFresh: true, demoCourses });
    try {
      process.stdout.write(await describeDemo(store, service.url, key, asOf));
      await stop;
    } finally {
      await service.close();
    }
  } finally {
    await store.close();
  }
}

/** Where the made-up logs and tables are. */
function siteOf(folder: string): string {
  return join(folder, 'site');
}

/** The exclusive end of its last day, once all of it is in the store; null before. */
function readAsOf(folder: string): string | null {
  const path = join(folder, 'state.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { asOf: string }).asOf : null;
}

/** The made-up courses. */
function readCourseIds(folder: string): string[] {
  const truth = JSON.parse(readFileSync(join(siteOf(folder), 'truth.json'), 'utf8')) as { courses: object };
  return Object.keys(truth.courses);
}

/** Writes the site and takes it in; gives its `asOf`. Killed in between, the next start does what is missing: ingesting twice adds nothing. */
async function makeDemo(store: Store, folder: string): Promise<string> {
  const site = siteOf(folder);
  if (!existsSync(site)) {
    say('Making a demonstration site: tracking logs and LMS tables of 3 courses, 2,400 learners, 4 weeks …');
    const partial = `${site}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await writeDemo({
      out: partial,
      learners: 2400,
      courses: 3,
      days: 28,
      seed: 1,
      until: new Date(),
      truth: true,
      gzipRotated: true,
    });
    renameSync(partial, site);
  }
  const logs = await ingest(store, [join(site, 'logs')]);
  const rejected = Object.values(logs.rejected).reduce((sum, count) => sum + count, 0);
  say(
    `Ingested ${logs.lines} lines of logs in ${logs.seconds.toFixed(1)} s: ${logs.new_facts} facts, ${logs.irrelevant} lines of no interest, ${rejected} rejected.`,
  );
  const tables = ['enrollments.csv', 'roles.csv', 'courses.csv'].map((name) => join(site, 'lms', name));
  const lms = await recordImport(store, 'csv', async () => importCsv(store, tables));
  say(`Imported ${lms.enrollments} enrolments, ${lms.roles} roles and the names of ${lms.courses} courses.`);
  const { as_of } = JSON.parse(readFileSync(join(site, 'truth.json'), 'utf8')) as { as_of: string };
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ asOf: as_of }));
  return as_of;
}

/** Keys are kept as hashes, so that each start makes a new one. */
async function replaceKey(store: Store, courseIds: readonly string[]): Promise<string> {
  const keys = await listKeys(store);
  if (keys.some(({ name, revoked_at }) => name === KEY_NAME && revoked_at === null)) await revokeKey(store, KEY_NAME);
  return (await createKey(store, KEY_NAME, { courseIds })).key;
}

async function describeDemo(store: Store, url: string, key: string, asOf: string): Promise<string> {
  const [course] = (await listCourses(store)).toSorted((a, b) => b.learnerCount - a.learnerCount);
  if (course === undefined) throw new Error('the demo has no course');
  const { learners } = await store.about(course.courseId, async (own) =>
    listLearners(own, {
      courseId: course.courseId,
      segments: ['struggling'],
      orderBy: 'problem_attempts_per_completed',
      descending: true,
      offset: 0,
      limit: 1,
    }),
  );
  const query = `course_id=${encodeURIComponent(course.courseId)}`;
  const username = encodeURIComponent(learners[0]?.username ?? 'nobody');
  const curl = (path: string) => `  curl -H 'Authorization: Token ${key}' '${url}/api/v0/${path}'\n`;
  return `
Learner Analytics of a made-up site, as of the end of its last day (before ${asOf}): ${url}
API key of this run: ${key}

Who is struggling, the most stuck first:
${curl(`learners/?${query}&segments=struggling&order_by=problem_attempts_per_completed&sort_order=desc&page_size=5`)}
One of them, day by day:
${curl(`engagement_timelines/${username}/?${query}`)}
The course as a whole:
${curl(`course_learner_metadata/${encodeURIComponent(course.courseId)}/`)}
The API: docs/api.md, and ${url}/api-reference to try it. Ctrl-C ends it.
`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  // as main does
  process.stderr.on('error', () => {});
  keepToOwner();
  doWithoutMaglev();
  await start();
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code === 'usage' ? 2 : 1;
}
// as main does
process.exit();
