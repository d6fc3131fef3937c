import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';

const ROOT = join(import.meta.dirname, '..');
const SQL = readFileSync(join(ROOT, 'deploy/clickhouse-grants.sql'), 'utf8');

test('no user is made with a password that others know', skipWithoutClickhouse, async () => {
  const users = SQL.match(/^CREATE USER [^;]*/gm) ?? [];
  assert.equal(users.length, 1);
  const clickhouse = await openClickhouse();
  try {
    const create = async (query: string) => {
      const response = await fetch(`${clickhouse.url}/?${query}`, { method: 'POST', body: users[0] ?? '' });
      return response.text();
    };
    assert.match(await create(''), /Substitution `password` is not set/);
    // the user of tests may make none, and nothing else is wrong with it
    assert.match(await create('param_password=a+b%2Fc%3D'), /to have the grant CREATE USER ON learner_analytics/);
  } finally {
    await clickhouse.close();
  }
  const [told = ''] =
    /^clickhouse-client .*clickhouse-grants\.sql/m.exec(readFileSync(join(ROOT, 'docs/server.md'), 'utf8')) ?? [];
  assert.match(told, /--param_password="\$password"/);
});
