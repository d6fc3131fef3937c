import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { forgetRetired } from '../src/cli/learner/forget-person.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { openStore } from '../src/store/open-store.ts';
import { NODE_OPTIONS, urlOf } from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

const { folder, write } = makeTempFolder();
const COURSES = ['C', 'D', 'E', 'F'].map((run) => `course-v1:A+B+${run}`);

test(
  'of whom the LMS retired no node keeps a name, and none what was done once they are forgotten',
  skipWithoutClickhouse,
  async () => {
    const nodes = [await openClickhouse(NODE_OPTIONS), await openClickhouse(NODE_OPTIONS)] as const;
    for (const node of nodes) await node.run('CREATE DATABASE site');
    const store = await openStore({ dataDir: join(folder, 'data'), cluster: nodes.map((node) => [urlOf(node)]) });
    after(async () => {
      await store.close();
      for (const node of nodes) await node.close();
    });
    const lines = COURSES.map((course) => formatAttempt({ username: 'ada', user_id: 7, course }));
    await ingest(store, [write('a.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
    const roster = async (name: string, rest: string) => {
      const rows = COURSES.map((course) => `${course},${rest}\n`).join('');
      await importCsv(store, [write(name, `course_id,username,user_id,name\n${rows}`)]);
    };
    await roster('roster.csv', 'ada,7,Ada Lovelace');
    await roster('later.csv', 'retired__user_0123456789abcdef0123456789abcdef,7,');
    const ask = async (sql: string) =>
      (await Promise.all(nodes.map(async (node) => node.run(sql)))).map((out) => out.trim());
    assert.deepEqual(await ask("SELECT count() FROM site.lms_users WHERE name != ''"), ['0', '0']);
    assert.deepEqual(
      await ask('SELECT username, retired FROM site.lms_users FINAL FORMAT CSV'),
      Array.from(nodes, () => '"ada",true'),
    );
    const { people, removed, courses } = await forgetRetired(store);
    assert.deepEqual([people, removed.facts, removed.lms_users, courses], [1, COURSES.length, 1, COURSES]);
    for (const table of ['facts', 'lms_users', 'identities', 'lms_enrollments'])
      assert.deepEqual(await ask(`SELECT count() FROM site.${table}`), ['0', '0'], table);
    // as one and the same person everywhere, and of one time
    const [first, second] = await ask('SELECT groupUniqArray((person, forgotten_at)) FROM site.forgotten');
    assert.equal(first, second);
  },
);
