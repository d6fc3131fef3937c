import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { exportPerson } from '../src/cli/learner/export-person.ts';
import { writeDemo } from '../src/demo/write-demo.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { openStore } from '../src/store/open-store.ts';
import { describeQuestions } from './cluster-service.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { openAsking } from './open-site.ts';
import { makeTempFolder } from './temp-store.ts';

// A ClickHouse that others use, whose users have profiles by which statements mean something else, or leave rows out without a word.

const UNTIL = new Date('2026-03-18T17:45:00Z');
const { folder, write } = makeTempFolder();

/** Each by itself or together with what does not hide it. */
const PROFILES: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  limited: {
    max_rows_to_read: 100,
    max_rows_to_group_by: 10,
    max_rows_in_set: 5,
    max_rows_in_join: 5,
    max_rows_in_distinct: 3,
    max_rows_to_sort: 5,
    max_ast_elements: 500,
    max_result_rows: 5,
    result_overflow_mode: 'break',
    read_overflow_mode: 'break',
    group_by_overflow_mode: 'any',
    set_overflow_mode: 'break',
    join_overflow_mode: 'break',
    distinct_overflow_mode: 'break',
    sort_overflow_mode: 'break',
    timeout_overflow_mode: 'break',
  },
  meaning: {
    allow_simdjson: 0,
    aggregate_functions_null_for_empty: 1,
    asterisk_include_virtual_columns: 1,
    data_type_default_nullable: 1,
    empty_result_for_aggregation_by_empty_set: 1,
    enable_global_with_statement: 0,
    enable_order_by_all: 0,
    force_index_by_date: 1,
    force_primary_key: 1,
    insert_null_as_default: 0,
    join_default_strictness: 'ANY',
    prefer_column_name_to_alias: 1,
    session_timezone: 'America/St_Johns',
    single_join_prefer_left_table: 0,
  },
  formats: {
    format_csv_allow_double_quotes: 0,
    format_csv_null_representation: 'NULL',
    input_format_csv_allow_variable_number_of_columns: 1,
    input_format_tsv_enum_as_number: 1,
    input_format_force_null_for_omitted_fields: 1,
    input_format_null_as_default: 0,
    output_format_json_array_of_rows: 1,
    use_query_cache: 1,
  },
  old: { compatibility: '23.8', input_format_allow_errors_num: 1000, limit: 10, max_partitions_to_read: 1 },
};

function describeUsers(): string {
  const common = '<password></password><networks><ip>127.0.0.1</ip></networks><quota>default</quota>';
  const users = Object.keys(PROFILES).map((name) => `<${name}>${common}<profile>${name}</profile></${name}>`);
  return `<users><default>${common}<profile>default</profile></default>${users.join('')}</users>`;
}

function describeProfiles(): string {
  return Object.entries(PROFILES)
    .map(([name, settings]) => {
      const given = Object.entries(settings).map(([setting, value]) => `<${setting}>${value}</${setting}>`);
      return `<${name}>${given.join('')}</${name}>`;
    })
    .join('');
}

describe('under the profile of a user', skipWithoutClickhouse, () => {
  const site = join(folder, 'site');
  let clickhouse: Clickhouse;
  let expected: Awaited<ReturnType<typeof useAs>>;

  before(async () => {
    mkdirSync(site);
    const out = {
      out: site,
      learners: 40,
      courses: 1,
      days: 9,
      seed: 4,
      until: UNTIL,
      truth: false,
      gzipRotated: true,
    };
    await writeDemo(out);
    clickhouse = await openClickhouse({ users: describeUsers(), profiles: describeProfiles() });
    expected = await useAs('default');
  });
  after(async () => clickhouse?.close());

  /** What the product makes of a site, as a user. */
  async function useAs(user: string) {
    const url = `${clickhouse.url.replace('//', `//${user}@`)}/of_${user}`;
    await using store = Object.assign(await openStore({ dataDir: join(folder, user), url }), {
      [Symbol.asyncDispose]: async () => store.close(),
    });
    const logs = readdirSync(join(site, 'logs')).map((name) => join(site, 'logs', name));
    const { seconds: _, ...taken } = await ingest(store, logs, { now: UNTIL });
    const csv = ['enrollments.csv', 'roles.csv', 'courses.csv'].map((name) => join(site, 'lms', name));
    const odd = write('odd.csv', String.raw`course_id,username,city${'\n'}course-v1:A+B+C,ada,\N${'\n'}`);
    const imported = await importCsv(store, [...csv, odd]);
    await assert.rejects(
      async () => importCsv(store, [write('short.csv', 'course_id,username,user_id,city\ncourse-v1:A+B+C,bob,7\n')]),
      { code: 'source_unreadable' },
    );
    const { refreshed, learners } = await refresh(store, { asOf: '2026-03-19' });
    const ask = await openAsking(store);
    const courses = JSON.parse(await ask('courses/')) as ReadonlyArray<{ course_id: string }>;
    const answers: Record<string, string> = {};
    let username = '';
    for (const { course_id: course } of courses) {
      const query = `course_id=${encodeURIComponent(course)}&order_by=problem_attempts&sort_order=desc&page_size=1`;
      const { results } = JSON.parse(await ask(`learners/?${query}`)) as { results: Array<{ username: string }> };
      username = results[0]?.username ?? '';
      for (const path of describeQuestions(course, username)) answers[path] = await ask(path);
    }
    const { held } = await exportPerson(store, username);
    const rows = Object.entries(held).map(([table, own]) => `${own.length} of ${table}`);
    return { taken, imported: { ...imported, seconds: 0 }, refreshed, learners, courses, answers, rows };
  }

  for (const user of Object.keys(PROFILES)) {
    test(`${user}: the same numbers as under none`, async () => {
      assert.ok(expected.taken.new_facts > 50 && expected.learners > 20, JSON.stringify(expected.taken));
      assert.deepEqual(await useAs(user), expected);
    });
  }
});
