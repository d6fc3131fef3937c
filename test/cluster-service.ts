import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from '../src/store/store.ts';
import type { Clickhouse } from './open-clickhouse.ts';
import { readGrants } from './read-grants.ts';
import { openApi } from './open-site.ts';
import { awaitOk } from './run-cli.ts';

// What tests of clusters share: nodes, the API over a store, all that it answers, and the rows of a node.

const PASSWORD = 's3cret/@:%';
/** The product has the rights of the shipped file; `default` is who looks at what it did. */
const COMMON = '<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>';
const USERS = `<users>
  <default><password></password>${COMMON}</default>
  <analyst><password>${PASSWORD}</password>${COMMON}<grants>${readGrants('site')}</grants></analyst>
</users>`;
const CONFIG = `<access_control_improvements>
  <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
  </access_control_improvements>`;
export const NODE_OPTIONS = { config: CONFIG, users: USERS };
/** A node that tells what it was asked. */
export const LOGGING_NODE_OPTIONS = {
  ...NODE_OPTIONS,
  config: `${CONFIG}<query_log><database>system</database><table>query_log</table></query_log>`,
};
/** Tables whose rows belong to courses, and those that every node has whole. */
export const COURSE_TABLES = ['facts', 'roster_changes', 'learner_activity', 'lms_enrollments'];
export const COMMON_TABLES = [
  'identities',
  'lms_users',
  'lms_courses',
  'course_roles',
  'api_keys',
  'ended_sessions',
  'forgotten',
  'forgotten_salt',
  'log_places',
];

/** The learner of each course who is asked about: always the same one, whoever does most by then. */
export const learners = new Map<string, string>();

/** The address of a node as the product is given it. */
export function urlOf({ http }: Clickhouse): string {
  return `http://analyst:${encodeURIComponent(PASSWORD)}@127.0.0.1:${http}/site`;
}

/** What the product calls it. */
export function nameOf({ http }: Clickhouse): string {
  return `127.0.0.1:${http}/site`;
}

/** The API over a store. */
export interface Service {
  readonly store: Store;
  readonly get: (path: string) => Promise<Response>;
}

export async function openService(store: Store, name?: string): Promise<Service> {
  return { store, get: await openApi(store, { ...(name !== undefined && { name }) }) };
}

async function askJson<Answer>({ get }: Service, path: string): Promise<Answer> {
  const response = await get(path);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return (await response.json()) as Answer;
}

/** What `health/` says once all that it asks answered within its second, which they may not where a machine is busy. */
export async function askHealth(service: Service) {
  await awaitOk(async () => service.get('health/'));
  return askJson<{ overall_status: string; detailed_status: { freshness: string } }>(service, 'health/');
}

export async function findLearner(service: Service, course: string): Promise<string> {
  const { results } = await askJson<{ results: ReadonlyArray<{ username: string }> }>(
    service,
    `learners/?course_id=${encodeURIComponent(course)}&order_by=problem_attempts&sort_order=desc&page_size=1`,
  );
  return results[0]?.username ?? '';
}

export function describeQuestions(course: string, username: string): string[] {
  const id = encodeURIComponent(course);
  return [
    `course_learner_metadata/${id}/`,
    `course_learner_metadata/${id}/?start_date=2026-03-08&end_date=2026-03-16`,
    `learners/?course_id=${id}&page_size=100`,
    `learners/?course_id=${id}&order_by=name&page_size=2`,
    `learners/?course_id=${id}&order_by=videos_viewed&sort_order=desc&start_date=2026-03-08&end_date=2026-03-16`,
    `learners/?course_id=${id}&text_search=an&page_size=100`,
    `learners/${encodeURIComponent(username)}/?course_id=${id}`,
    `engagement_timelines/${encodeURIComponent(username)}/?course_id=${id}`,
  ];
}

/** What the API says of all courses, without what names a snapshot. */
export async function askEverything(service: Service, courses: readonly string[]): Promise<Map<string, unknown>> {
  for (const course of courses) if (!learners.has(course)) learners.set(course, await findLearner(service, course));
  const answers = new Map<string, unknown>();
  const { overall_status } = await askHealth(service);
  answers.set('health', overall_status);
  answers.set('courses', await askJson(service, 'courses/'));
  for (const course of courses) {
    for (const path of describeQuestions(course, learners.get(course) ?? '')) {
      answers.set(path, await askPath(service, path));
    }
  }
  return answers;
}

export async function askPath(service: Service, path: string): Promise<unknown> {
  const response = await service.get(path);
  const text = (await response.text()).replaceAll(/snapshot=\d+/g, 'snapshot=');
  return [response.status, JSON.parse(text)];
}

export function assertEqualAnswers(actual: ReadonlyMap<string, unknown>, expected: ReadonlyMap<string, unknown>): void {
  assert.ok(expected.size > 8);
  for (const [path, answer] of expected) assert.deepEqual(actual.get(path), answer, path);
}

/** Asks about all courses, again and again, one question after the other; what is remembered of a node is so for a second. */
export function keepAsking(
  service: Service,
  courses: readonly string[],
  check: (path: string, answer: unknown) => void = () => {},
) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let count = 0;
  let longest = 0;
  const failures: string[] = [];
  const running = (async () => {
    while (!signal.aborted) {
      for (const course of courses) {
        for (const path of describeQuestions(course, learners.get(course) ?? '')) {
          const asked = performance.now();
          const response = await service.get(path);
          longest = Math.max(longest, performance.now() - asked);
          count += 1;
          const text = (await response.text()).replaceAll(/snapshot=\d+/g, 'snapshot=');
          if (response.status !== 200) failures.push(`${path}: ${response.status} ${text.slice(0, 300)}`);
          else check(path, [200, JSON.parse(text)]);
          await wait(10);
          if (signal.aborted) return;
        }
      }
    }
  })();
  return {
    /** Asks on until so many were asked, or it was stopped or failed. */
    reach: async (questions: number) => {
      const isEnough = () => count >= questions || signal.aborted;
      const reached = async () => {
        while (!isEnough()) await wait(50);
      };
      await Promise.race([reached(), running]);
    },
    stop: async () => {
      stopping.abort();
      await running;
      return { count, failures, longest };
    },
  };
}

/** Of each node, whether it is there, and whether it lacks something. */
export async function readStanding({ store }: Service) {
  return (await store.cluster?.status())?.map(({ up, lacks }) => [up, lacks] as const);
}

/** Those that went on or were started again are found by whoever looks next, or a while later. */
export async function awaitNodes(service: Service, isAwaited: (index: number) => boolean = () => true): Promise<void> {
  const until = performance.now() + 60_000;
  while ((await readStanding(service))?.every(([up], index) => up || !isAwaited(index)) !== true) {
    assert.ok(performance.now() < until, 'a node is back and is not found');
    await wait(100);
  }
}

/** All rows of tables of a node, in one order, but for those that each node writes itself. */
export async function readRows(
  node: Clickhouse,
  tables: readonly string[],
  where = 'true',
): Promise<Record<string, string>> {
  const rows: Record<string, string> = {};
  for (const table of tables) {
    const [final] = (
      await node.run(`SELECT engine != 'MergeTree' FROM system.tables WHERE database = 'site' AND name = '${table}'`)
    ).trim();
    rows[table] = await node.run(
      `SELECT * FROM site.${table} ${final === '1' ? 'FINAL' : ''} WHERE ${where} ORDER BY ALL`,
    );
  }
  return rows;
}

export async function readCourses(node: Clickhouse, table: string): Promise<string[]> {
  return (await node.run(`SELECT DISTINCT course_id FROM site.${table} ORDER BY course_id FORMAT TSV`))
    .trim()
    .split('\n')
    .filter((id) => id !== '');
}

/** Statements that a node was given by the product and has done. */
export async function countQueries(node: Clickhouse, where: string): Promise<number> {
  await node.run('SYSTEM FLUSH LOGS');
  return Number(
    await node.run(
      `SELECT count() FROM system.query_log WHERE type = 'QueryFinish' AND current_database = 'site' AND query NOT LIKE '%cluster_%' AND ${where}`,
    ),
  );
}
