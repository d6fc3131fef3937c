import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAskedCourse } from '../bench/asked-course.ts';
import { fillSite, SITE_END } from '../bench/make-site.ts';
import { LARGEST_COURSE } from '../bench/plan-courses.ts';
import { openPostgres } from '../bench/postgres.ts';
import { issueKey, type RunningRival, serveSite } from '../bench/product.ts';
import type { BenchContext } from '../bench/question.ts';
import { REQUEST_KINDS } from '../bench/request-kinds.ts';
import { requireSameAnswers } from '../bench/requests.ts';
import { openSqlite } from '../bench/sqlite.ts';
import { openEngine } from '../bench/tuned-engine.ts';
import { ROSTER_ORDERS } from '../src/engagement/roster-order.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { openStore } from '../src/store/open-store.ts';

// enough for the forty-fifth page
const LEARNERS = 1200;
const PLAN = {
  rows: LEARNERS,
  users: LEARNERS,
  courses: [{ id: LARGEST_COURSE, learners: LEARNERS, activity: 6, firstUser: 0 }],
};

const FILTERS = [
  'segments=struggling,inactive',
  'ignore_segments=inactive&order_by=last_active&sort_order=desc',
  'cohort=Cohort+1&enrollment_mode=audit',
  'problem_attempts_min=2&problem_attempts_per_completed_max=3&order_by=name',
  'text_search=li',
  'text_search=li+2&sort_order=desc',
  'text_search=mar&sort_order=desc',
  'text_search=%E6%99%93%E6%98%8E&order_by=email',
  'text_search=%22a%22+%25',
];

test('what the product is compared with answers as it does', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rivals-'));
  // for PostgreSQL, which runs as another user
  chmodSync(folder, 0o755);
  const context: BenchContext = {
    dir: folder,
    answers: join(folder, 'answers.jsonl'),
    quick: true,
    rounds: 1,
    say: (text) => t.diagnostic(text),
  };
  const opened: Array<{ readonly close: () => Promise<void> }> = [];
  t.after(async () => {
    for (const each of opened) await each.close();
    rmSync(folder, { recursive: true });
  });
  const site = join(folder, 'site');
  await fillSite(site, PLAN);
  const store = await openStore({ dataDir: site });
  await refresh(store, { asOf: SITE_END });
  await store.close();

  const key = await issueKey({ dataDir: site });
  const rivals: RunningRival[] = [];
  for (const open of [openSqlite, openPostgres, openEngine]) {
    const rival = await open(context, site, LARGEST_COURSE);
    if (rival === null) continue;
    rivals.push(rival);
    opened.push(rival);
  }
  const server = await serveSite(site);
  opened.push(server);

  const course = `course_id=${encodeURIComponent(LARGEST_COURSE)}`;
  const asked = await readAskedCourse({ server, key }, LARGEST_COURSE);
  const paths = [
    ...REQUEST_KINDS.filter(({ rivals: compared }) => compared)
      .flatMap((kind) => kind.paths(asked, 20))
      // names of some scripts are not folded quite as the engine folds them
      .filter((path) => !path.includes('order_by=name')),
    ...ROSTER_ORDERS.filter((order) => order !== 'name').flatMap((order) =>
      ['asc', 'desc'].flatMap((direction) =>
        [1, 8].map(
          (page) => `learners/?${course}&order_by=${order}&sort_order=${direction}&page=${page}&page_size=150`,
        ),
      ),
    ),
    ...FILTERS.map((filter) => `learners/?${course}&${filter}`),
  ].map((path) => `/api/v0/${path}`);
  for (const rival of rivals) await t.test(rival.name, async () => requireSameAnswers({ server, key }, rival, paths));
});
