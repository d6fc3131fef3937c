import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { ask, describeAsked, summarizeSlices } from './ask.ts';
import { readAskedCourse } from './asked-course.ts';
import { makeSite, SITE_END } from './make-site.ts';
import { median } from './median.ts';
import { LARGEST_COURSE } from './plan-courses.ts';
import { issueKey, serveSite } from './product.ts';
import type { BenchContext, Outcome, Question, Row } from './question.ts';
import { REQUEST_KINDS } from './request-kinds.ts';

/** The same questions asked of events kept as JSON in the same engine, each chart computing its answer: how dashboards over xAPI statements do it. */
export const RAW_EVENTS: Question = {
  name: 'raw-events',
  asks: 'What is a read model worth, against charts over raw events in the same engine?',
  answer: run,
};

const SITE_ROWS = 100_000;
const QUICK_ROWS = 10_000;

/** A statement per fact, in the manner of what Open edX's event routing sends, sorted as Aspects sorts them. */
const TABLE = `
CREATE TABLE xapi_events (
  event_id UUID, verb_id LowCardinality(String), actor_id String, course_key LowCardinality(String), org LowCardinality(String),
  emission_time DateTime64(6, 'UTC'), event String
) ENGINE = MergeTree ORDER BY (org, course_key, verb_id, actor_id, emission_time, event_id)`;

const STATEMENTS = `
INSERT INTO xapi_events
SELECT
  reinterpretAsUUID(hash) AS id,
  multiIf(kind = 'problem', 'https://w3id.org/xapi/acrossx/verbs/evaluated', kind = 'video', 'https://w3id.org/xapi/video/verbs/played', 'https://w3id.org/xapi/acrossx/verbs/posted') AS verb,
  toString(user_id) AS actor,
  concat('http://lms.example/course/', course_id) AS course, 'Bench', time,
  concat(
    '{"id":"', toString(id), '","version":"1.0.3","actor":{"objectType":"Agent","account":{"homePage":"http://lms.example","name":"', actor, '"}},',
    '"verb":{"id":"', verb, '","display":{"en":"did"}},"object":{"id":"http://lms.example/xblock/', entity, '","objectType":"Activity","definition":{"type":"http://adlnet.gov/expapi/activities/cmi.interaction"}},',
    if(kind = 'problem', concat('"result":{"success":', if(completed, 'true', 'false'), ',"score":{"scaled":', if(completed, '1', '0'), '}},'), ''),
    '"timestamp":"', formatDateTime(time, '%Y-%m-%dT%H:%i:%S', 'UTC'), 'Z","context":{"contextActivities":{"parent":[{"id":"', course, '","objectType":"Activity","definition":{"type":"http://adlnet.gov/expapi/activities/course"}}]},"extensions":{"https://w3id.org/xapi/openedx/extension/transformer-version":"event-routing-backends@9.3.0"}}}')
FROM facts WHERE course_id = {course:String}`;

const WEEK = `course_key = {key:String} AND org = 'Bench' AND emission_time >= toDateTime64('${SITE_END}', 6, 'UTC') - INTERVAL 7 DAY AND emission_time < toDateTime64('${SITE_END}', 6, 'UTC')`;
const METRICS = `
  countIf(verb_id LIKE '%evaluated') AS problem_attempts,
  uniqExactIf(JSONExtractString(event, 'object', 'id'), verb_id LIKE '%evaluated') AS problems_attempted,
  uniqExactIf(JSONExtractString(event, 'object', 'id'), verb_id LIKE '%evaluated' AND JSONExtractBool(event, 'result', 'success')) AS problems_completed,
  uniqExactIf(JSONExtractString(event, 'object', 'id'), verb_id LIKE '%played') AS videos_viewed,
  countIf(verb_id LIKE '%posted') AS discussion_contributions,
  uniqExact(toDate(parseDateTimeBestEffort(JSONExtractString(event, 'timestamp')))) AS days_active`;

const CHARTS: readonly { readonly kind: string; readonly what: string; readonly sql: string }[] = [
  {
    kind: 'learner',
    what: 'a learner',
    sql: `SELECT ${METRICS} FROM xapi_events WHERE ${WEEK} AND actor_id = {actor:String}`,
  },
  {
    kind: 'page-40',
    what: 'the roster, sorted',
    sql: `SELECT * FROM (
        SELECT p.username, p.name, p.email, ${['problem_attempts', 'problems_attempted', 'problems_completed', 'videos_viewed', 'discussion_contributions', 'days_active'].map((name) => `m.${name}`).join(', ')}
        FROM (SELECT e.user_id AS user_id, u.username AS username, u.name AS name, u.email AS email
          FROM lms_enrollments AS e LEFT JOIN lms_users AS u ON u.username = e.username WHERE e.course_id = {course:String}) AS p
        LEFT JOIN (SELECT actor_id, ${METRICS} FROM xapi_events WHERE ${WEEK} GROUP BY actor_id) AS m ON m.actor_id = toString(p.user_id))
      ORDER BY problem_attempts DESC, username LIMIT 25 OFFSET 975`,
  },
  {
    kind: 'metadata',
    what: 'ranges of the course',
    sql: `SELECT ${['problem_attempts', 'problems_attempted', 'problems_completed', 'videos_viewed', 'discussion_contributions', 'days_active'].map((name) => `quantilesExactInclusive(0.15, 0.5, 0.85)(${name}), avg(${name})`).join(', ')}
      FROM (SELECT actor_id, ${METRICS} FROM xapi_events WHERE ${WEEK} GROUP BY actor_id)`,
  },
  {
    kind: 'timeline',
    what: 'a timeline',
    sql: `SELECT toDate(parseDateTimeBestEffort(JSONExtractString(event, 'timestamp'))) AS date, ${METRICS} FROM xapi_events WHERE course_key = {key:String} AND org = 'Bench' AND actor_id = {actor:String} GROUP BY date ORDER BY date`,
  },
];

async function run(context: BenchContext): Promise<Outcome> {
  const siteRows = context.quick ? QUICK_ROWS : SITE_ROWS;
  const site = join(context.dir, `site-${siteRows}`);
  await makeSite(site, siteRows, context.say);
  const raw = `${site}-xapi`;
  if (!existsSync(raw)) await makeStatements(site, raw);
  const key = await issueKey({ dataDir: site });
  const server = await serveSite(site);
  const store = await openStore({ dataDir: raw });
  try {
    const course = await readAskedCourse({ server, key }, LARGEST_COURSE);
    const actors = await store.read<{ id: string }>(
      'SELECT actor_id AS id FROM xapi_events GROUP BY actor_id ORDER BY cityHash64(actor_id) LIMIT 20',
    );
    const rows: Row[] = [];
    for (const { kind, what, sql } of CHARTS) {
      const times: number[] = [];
      for (const { id } of actors.slice(0, context.quick ? 3 : 20)) {
        const began = performance.now();
        await store.query(sql, paramsOf(sql, id));
        times.push(performance.now() - began);
      }
      const { paths } = REQUEST_KINDS.find(({ name }) => name === kind)!;
      const asked = summarizeSlices([
        await ask({
          port: server.port,
          connections: 1,
          seconds: context.quick ? 0.3 : 2,
          headers: { authorization: `Token ${key}` },
          paths: paths(course, 2000).map((path) => `/api/v0/${path}`),
          start: 0,
          revalidate: false,
        }),
      ]);
      const chart = median(times);
      const { perSecond: _, ...ours } = describeAsked(`${what}: ours, through HTTP`, asked);
      rows.push({ ...ours, ratios: [{ times: asked.median / chart, to: 'the chart' }] });
      rows.push({ what: `${what}: chart over raw events, the query alone`, unit: 'ms', median: chart });
    }
    rows.push({ what: 'disk per million raw events', unit: 'MB', median: await measureRow(store) });
    const [counted] = await store.read<{ events: number }>('SELECT count() AS events FROM xapi_events');
    return {
      rows,
      goals: [],
      notes: [
        `The largest course of the site of ${siteRows.toLocaleString('en')} learners in courses: ${counted?.events.toLocaleString('en') ?? '?'} events. What a chart reads grows with the events of its course; what we read does not.`,
      ],
    };
  } finally {
    await store.close();
    await server.close();
  }
}

/** Bytes on disk of one statement. */
async function measureRow(store: Store): Promise<number> {
  const [row] = await store.read<{ bytes: number }>(
    "SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE active AND table = 'xapi_events'",
  );
  return row?.bytes ?? NaN;
}

function paramsOf(sql: string, actor: string): Record<string, string> {
  const all = { course: LARGEST_COURSE, key: `http://lms.example/course/${LARGEST_COURSE}`, actor };
  return Object.fromEntries(Object.entries(all).filter(([name]) => sql.includes(`{${name}:`)));
}

/** The site with its facts of the course as statements, in a store of its own. */
async function makeStatements(site: string, raw: string): Promise<void> {
  const part = `${raw}.part`;
  await rm(part, { recursive: true, force: true });
  await cp(site, part, { recursive: true });
  const store = await openStore({ dataDir: part });
  try {
    await store.run(TABLE);
    await store.run(STATEMENTS, { course: LARGEST_COURSE });
    await store.run('OPTIMIZE TABLE xapi_events FINAL');
  } finally {
    await store.close();
  }
  await rename(part, raw);
}
