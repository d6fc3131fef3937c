import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LOCALES } from '../src/demo/invent-names.ts';
import { divide } from '../src/divide.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { type SitePlan, planSite } from './plan-courses.ts';

// Sites that are too large to write as logs and read again: the rows that an ingest of such logs and an import of such an LMS
// would have left, put into the tables by the engine itself. test/bench-site.test.ts holds them to what ingest makes of such logs.

/** Facts lie in the ninety days before this one; the window ends here. */
export const SITE_END = '2026-03-18';
const SITE_DAYS = 90;

export interface SiteSummary {
  readonly rows: number;
  readonly users: number;
  readonly courses: number;
  readonly facts: number;
  readonly seconds: number;
}

/**
 * Makes the data directory of a site of about `rows` learners in courses, refreshed, once: where it is there already,
 * nothing is done. The same number gives the same learners and facts.
 */
export async function makeSite(dataDir: string, rows: number, onProgress: (text: string) => void): Promise<void> {
  if (existsSync(dataDir)) return;
  const filled = `${dataDir}-filled`;
  if (!existsSync(filled)) await fillSite(filled, planSite(rows), onProgress);
  const store = await openStore({ dataDir: filled });
  try {
    const { seconds } = await refresh(store, { asOf: SITE_END });
    onProgress(`${dataDir}: refreshed, ${seconds.toFixed(1)} s`);
  } finally {
    await store.close();
  }
  await rename(filled, dataDir);
}

/** All but the read model; in a database of a listening ClickHouse where its address is given. */
export async function fillSite(
  dataDir: string,
  plan: SitePlan,
  onProgress: (text: string) => void = () => {},
  url?: string,
): Promise<void> {
  const started = performance.now();
  const part = `${dataDir}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(dirname(dataDir), { recursive: true });
  const store = await openStore({ dataDir: part, url });
  try {
    for (const [name, step] of STEPS) {
      const begun = performance.now();
      await step(store, plan);
      onProgress(`${dataDir}: ${name}, ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    }
    const [counted] = await store.read<{ facts: number }>('SELECT count() AS facts FROM facts');
    const summary: SiteSummary = {
      rows: plan.rows,
      users: plan.users,
      courses: plan.courses.length,
      facts: counted?.facts ?? 0,
      seconds: (performance.now() - started) / 1000,
    };
    await writeFile(join(part, 'site.json'), JSON.stringify(summary));
  } finally {
    await store.close();
  }
  if (plan.rows >= WORTH_SETTLING && url === undefined) await settle(part);
  await rename(part, dataDir);
}

/** Learners from which on it matters. */
const WORTH_SETTLING = 1_000_000;

/** Opened again, the engine deletes what it has merged; until then a site takes thrice its size. */
async function settle(dataDir: string): Promise<void> {
  const store = await openStore({ dataDir });
  try {
    for (let tries = 0; tries < 120; tries += 1) {
      const [counted] = await store.read<{ parts: number }>(
        'SELECT count() AS parts FROM system.parts WHERE database = currentDatabase() AND NOT active',
      );
      if (counted?.parts === 0) return;
      await wait(1000);
    }
  } finally {
    await store.close();
  }
}

type Step = (store: Store, plan: SitePlan) => Promise<void>;

const STEPS: readonly (readonly [string, Step])[] = [
  ['users', insertUsers],
  ['learners', draftLearners],
  ['enrolments', insertEnrollments],
  ['facts', insertFacts],
  ['activity', insertActivity],
  ['merged', mergeParts],
];

/** A number in [0, 1) that depends on what is given alone. */
const unit = (...of: string[]) => `(cityHash64(${of.join(', ')}) / 18446744073709551616.)`;

/** An element of a SQL array. */
const pick = (array: string, share: string) => `${array}[1 + toUInt64(floor(${share} * length(${array})))]`;

/** Everybody's name, in the manner of the demo's, with a number that makes the username the only one. */
async function insertUsers(store: Store, { users }: SitePlan): Promise<void> {
  const params = {
    users,
    given: LOCALES.map(({ given }) => given.map(([native]) => native).join(' ')),
    given_roman: LOCALES.map(({ given }) => given.map(([, roman]) => roman).join(' ')),
    family: LOCALES.map(({ family }) => family.map(([native]) => native).join(' ')),
    family_roman: LOCALES.map(({ family }) => family.map(([, roman]) => roman).join(' ')),
    languages: LOCALES.map(({ language }) => language),
    countries: LOCALES.map(({ country }) => country),
    cities: LOCALES.map(({ city }) => city),
  };
  const part = (name: string, salt: string) =>
    pick(`splitByChar(' ', {${name}:Array(String)}[locale])`, unit('u', `'${salt}'`));
  const some = (share: number, value: string, salt: string) => `if(${unit('u', `'${salt}'`)} < ${share}, ${value}, '')`;
  await store.run(
    `INSERT INTO lms_users
     WITH
     places AS (
       SELECT number AS u, toUInt8(1 + least(${LOCALES.length - 1}, floor(-log(1 - ${unit('number', "'locale'")}) * 6))) AS locale
       FROM numbers({users:UInt64})
     )
     SELECT
       concat(${part('given_roman', 'given')}, ['_', '', '.', '-'][1 + cityHash64(u, 'stem') % 4], ${part('family_roman', 'family')}, toString(u)) AS username,
       u + 1 AS user_id,
       ${some(0.96, `concat(${part('given', 'given')}, ' ', ${part('family', 'family')})`, 'named')} AS name,
       concat('learner', toString(u + 1), '@example.com') AS email,
       ${some(0.8, '{languages:Array(String)}[locale]', 'language')} AS language,
       ${some(0.3, "concat({cities:Array(String)}[locale], ', ', {countries:Array(String)}[locale])", 'location')} AS location,
       if(${unit('u', "'born'")} < 0.7, toInt32(1948 + cityHash64(u, 'year') % 62), 0) AS year_of_birth,
       ${some(0.7, pick("['b', 'b', 'b', 'm', 'm', 'hs', 'p', 'a', 'none']", unit('u', "'taught'")), 'education')} AS level_of_education,
       ${some(0.75, pick("['f', 'f', 'm', 'm', 'o']", unit('u', "'sex'")), 'gender')} AS gender,
       ${some(0.05, "concat(toString(1 + u % 99), ', Example Street')", 'address')} AS mailing_address,
       ${some(0.4, '{cities:Array(String)}[locale]', 'city')} AS city,
       ${some(0.85, '{countries:Array(String)}[locale]', 'country')} AS country,
       ${some(0.2, "'To learn, of course'", 'goals')} AS goals,
       ${some(0.15, "'I like long walks, short proofs, and tea.'", 'bio')} AS bio,
       false AS retired
     FROM places`,
    params,
  );
}

/**
 * Who is in which course, from when, for how long, and how much they do there: a third nothing, the others by a Lomax
 * distribution (a few do thousands of things, half of them less than thirty), within a span that is short for most.
 */
async function draftLearners(store: Store, { courses, users }: SitePlan): Promise<void> {
  await store.run(
    `CREATE TABLE bench_learners (course_id LowCardinality(String), u UInt64, username String, facts UInt32, joined Float64, span Float64)
     ENGINE = MergeTree ORDER BY tuple()`,
  );
  for (const chunk of divide(courses, ({ learners }) => learners, { sum: 500_000 })) {
    await store.run(
      `INSERT INTO bench_learners
       WITH planned AS (
         SELECT {ids:Array(String)}[number + 1] AS course_id, {first:Array(UInt64)}[number + 1] AS first_user,
           {activity:Array(UInt64)}[number + 1] AS activity, {sizes:Array(UInt64)}[number + 1] AS learners
         FROM numbers(length({ids:Array(String)}))
       ),
       members AS (
         SELECT course_id, activity, (first_user + arrayJoin(range(learners))) % {users:UInt64} AS u FROM planned
       )
       SELECT
         course_id, u, people.username,
         if(${unit('course_id', 'u', "'idle'")} < 0.35, 0,
           least(3000, toUInt32(floor(activity * (pow(${unit('course_id', 'u', "'much'")} + 1e-9, -0.7) - 1))))),
         ${SITE_DAYS} * ${unit('course_id', 'u', "'joined'")} AS joined_day,
         least(${SITE_DAYS} - joined_day, 1 + ${SITE_DAYS} * pow(${unit('course_id', 'u', "'span'")}, 4))
       FROM members
       INNER JOIN (SELECT assumeNotNull(user_id) AS id, username FROM lms_users) AS people ON people.id = members.u + 1`,
      {
        users,
        ids: chunk.map(({ id }) => id),
        sizes: chunk.map(({ learners }) => learners),
        first: chunk.map(({ firstUser }) => firstUser),
        activity: chunk.map(({ activity }) => activity),
      },
    );
  }
}

/** The instant so many days after the first of the site. */
const instant = (days: string) =>
  `fromUnixTimestamp64Micro(toUnixTimestamp64Micro(toDateTime64('${SITE_END}', 6, 'UTC')) - ${SITE_DAYS * 86_400_000_000} + toInt64((${days}) * 86400000000), 'UTC')`;

const MODE = `['audit', 'audit', 'audit', 'audit', 'audit', 'audit', 'honor', 'verified', 'verified', 'professional'][1 + cityHash64(course_id, u, 'mode') % 10]`;
const LEFT = `${unit('course_id', 'u', "'left'")} < 0.06`;

/** What the LMS says of the enrolments, what the logs say of them, and who is who. */
async function insertEnrollments(store: Store): Promise<void> {
  await store.run(
    `INSERT INTO lms_enrollments
     SELECT course_id, username, u + 1, ${MODE}, ${instant('joined')}, NOT (${LEFT}),
       if(${unit('course_id', 'u', "'cohorted'")} < 0.7, concat('Cohort ', toString(toUInt8(1 + 12 * pow(${unit('course_id', 'u', "'cohort'")}, 2)))), '')
     FROM bench_learners`,
  );
  await store.run(
    `INSERT INTO roster_changes (course_id, user_id, username, time, hash, action, value)
     SELECT course_id, u + 1, username, ${instant('joined')}, reinterpretAsUInt128(sipHash128(course_id, u, 'activated')), 'activated', ${MODE}
     FROM bench_learners
     UNION ALL
     SELECT course_id, u + 1, username, ${instant('joined + span')}, reinterpretAsUInt128(sipHash128(course_id, u, 'deactivated')), 'deactivated', ${MODE}
     FROM bench_learners WHERE ${LEFT}`,
  );
  await store.run(
    `INSERT INTO identities (user_id, username, from_lms, last_seen)
     SELECT user_id, username, true, ${instant(String(SITE_DAYS))} FROM lms_users WHERE user_id IS NOT NULL`,
  );
  await store.run(
    `INSERT INTO course_roles
     SELECT 'bench', concat('teacher_', toString(rowNumberInAllBlocks())), 'instructor', course_id, ''
     FROM (SELECT DISTINCT course_id FROM bench_learners ORDER BY course_id)`,
  );
  await store.run(
    'INSERT INTO touched_courses (course_id, touched_at) SELECT DISTINCT course_id, now64(6) FROM bench_learners',
  );
}

const ENTITIES = { problem: 200, video: 120, discussion: 12 } as const;

/** In parts of two million rows, as ingest merges them. */
async function insertFacts(store: Store): Promise<void> {
  const which = (count: number) => `toUInt16(${count} * pow(${unit('course_id', 'u', 'n', "'which'")}, 2))`;
  const id = (type: string, count: number) => `lower(hex(sipHash128(course_id, '${type}', ${which(count)})))`;
  // the same video from web and mobile is one, so its facts keep the last part of its key alone
  const block = (type: string, count: number) =>
    `concat('block-v1:', substring(course_id, 11), '+type@${type}+block@', ${id(type, count)})`;
  await store.run(
    `INSERT INTO facts (course_id, day, username, hash, time, user_id, kind, entity, completed)
     WITH done AS (
       SELECT course_id, u, username, joined, span, arrayJoin(range(facts)) AS n FROM bench_learners
     )
     SELECT
       course_id, toDate(time), username, reinterpretAsUInt128(sipHash128(course_id, u, n)) AS hash,
       ${instant(`joined + span * ${unit('course_id', 'u', 'n', "'when'")}`)} AS time, u + 1,
       multiIf(${unit('course_id', 'u', 'n', "'kind'")} < 0.62, 'problem', ${unit('course_id', 'u', 'n', "'kind'")} < 0.95, 'video', 'discussion') AS kind,
       multiIf(
         kind = 'problem', ${block('problem', ENTITIES.problem)},
         kind = 'video', ${id('video', ENTITIES.video)},
         concat('topic-', toString(${which(ENTITIES.discussion)}))) AS entity,
       kind = 'problem' AND ${unit('course_id', 'u', 'n', "'right'")} < 0.55
     FROM done
     SETTINGS max_block_size = 4096, min_insert_block_size_rows = 2000000, min_insert_block_size_bytes = 600000000, max_insert_threads = 1`,
  );
}

async function insertActivity(store: Store): Promise<void> {
  await store.run(
    `INSERT INTO learner_activity
     SELECT course_id, username, user_id, max(day) FROM facts GROUP BY course_id, username, user_id
     SETTINGS max_bytes_before_external_group_by = 1000000000`,
  );
  await store.run('DROP TABLE bench_learners SYNC');
}

/** To the state in which a site stands most of the time: the engine has merged what came in bit by bit. */
async function mergeParts(store: Store): Promise<void> {
  for (const table of ['facts', 'roster_changes', 'identities', 'lms_users', 'lms_enrollments', 'learner_activity']) {
    await store.run(`OPTIMIZE TABLE ${table} FINAL`);
  }
}
