import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import { pullMissing } from '../src/store/pull-rows.ts';
import type { Store } from '../src/store/store.ts';
import { listAudit } from './list-audit.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder, nameInLms } from './temp-store.ts';

/** An entry of the audit log. */
const LATELY = new Date().toISOString().replace('T', ' ').replace('Z', '');
/** A row of each table that tells of no learner. */
const NOTED = { api_keys: {}, api_key_uses: {}, log_places: { read_at: LATELY }, lms_imports: { ended_at: LATELY } };

function seen(name: string, time: string, kind = 'person'): object {
  return { time, kind, name, course_id: 'course-v1:A+B+C', resource: 'learners', filter: '', requests: 1 };
}

describe('of two nodes that both lack something', skipWithoutClickhouse, () => {
  const { folder, write } = makeTempFolder();
  let clickhouse: Clickhouse;
  let stores: readonly [Store, Store];
  before(async () => {
    clickhouse = await openClickhouse();
    const open = async (name: string) => {
      await clickhouse.run(`CREATE DATABASE ${name}`);
      return openStore({ dataDir: join(folder, name), url: `${clickhouse.url}/${name}` });
    };
    stores = [await open('one'), await open('other')];
  });
  after(async () => {
    for (const store of stores) await store.close();
    await clickhouse.close();
  });

  test('each gets what the other has, once, and nobody who was forgotten', async () => {
    const [one, other] = stores;
    await other.run('TRUNCATE TABLE forgotten_salt');
    await pullMissing(other, { all: [one], shard: [one], whole: true });
    const both = [
      seen('prof', '2026-11-20 10:00:00.000'),
      seen('maria', '2026-11-20 11:00:00.000'),
      seen('maria', '2026-11-20 11:30:00.000', 'service'),
    ];
    // somebody who was called maria once, and is somebody else
    const lines = [formatAttempt({ username: 'maria' }), formatAttempt({ username: 'maria', user_id: 99 })];
    const log = write('tracking.log', lines.map((line) => `${line}\n`).join(''));
    for (const store of stores) {
      await store.insert('audit_log', both);
      await ingest(store, [log]);
      await nameInLms(store, [
        [7, 'maria'],
        [99, 'marie'],
      ]);
    }
    // as the other has what it saw alone
    await other.insert('audit_log', [seen('maria', '2026-11-20 10:30:00.000')]);
    await forgetPerson(one, 'maria');
    for (const [table, row] of Object.entries(NOTED)) await one.insert(table, [row]);
    await one.insert('audit_log', [seen('prof', '2026-11-21 10:00:00.000')]);
    const later = new Date(Date.now() + 60_000).toISOString().replace('T', ' ').replace('Z', '');
    await other.insert('audit_log', [seen('dean', '2026-11-22 10:00:00.000'), seen('maria', later)]);
    await pullMissing(other, { all: [one], shard: [one], whole: false });
    await pullMissing(one, { all: [other], shard: [other], whole: false });
    for (const store of stores) {
      for (const table of Object.keys(NOTED))
        assert.equal((await store.read(`SELECT 1 FROM ${table}`)).length, 1, table);
      const rows = await listAudit(store);
      assert.deepEqual(
        rows.map(({ kind, name }) => `${kind} ${name}`),
        [
          'person prof',
          'person (forgotten)',
          'person (forgotten)',
          'service maria',
          'person prof',
          'person dean',
          'person maria',
        ],
      );
      assert.deepEqual(await store.read('SELECT username, user_id FROM facts FINAL'), [
        { username: 'maria', user_id: 99 },
      ]);
      const { length } = await store.read("SELECT 1 FROM system.mutations WHERE command LIKE '%maria%'");
      assert.equal(length, 0);
    }
  });
});
