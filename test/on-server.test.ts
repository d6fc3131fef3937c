import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after, before, describe } from 'node:test';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { CLI_ENV } from './run-cli.ts';

// Tests of the embedded engine that must hold on a server as well: the same files, each a process with its own database.
const FILES: ReadonlyArray<{ readonly file: string; readonly only?: string }> = [
  { file: 'src/store/store-contract.test.ts' },
  { file: 'src/store/touch.test.ts' },
  { file: 'src/ingest/ingest.test.ts' },
  { file: 'src/ingest/ingest-set.test.ts' },
  { file: 'src/ingest/ingest-stream.test.ts' },
  { file: 'src/ingest/log-tail.test.ts', only: 'a restart|rotated by|hundreds of packed' },
  { file: 'src/lms/import-csv.test.ts', only: 'what the cells hold|one import after another' },
  { file: 'src/lms/import-package.test.ts', only: 'structures' },
  { file: 'src/lms/retired.test.ts' },
  { file: 'src/auth/api-keys.test.ts' },
  { file: 'src/auth/ended-sessions.test.ts' },
  { file: 'src/auth/course-access.test.ts' },
  { file: 'src/api/resources.test.ts' },
  { file: 'test/golden.test.ts', only: 'all of them' },
  { file: 'test/refresh.test.ts', only: 'who is listed|publishing' },
  { file: 'test/learner.test.ts', only: 'forgetting removes|run again' },
  { file: 'test/idle-courses.test.ts', only: 'day after day' },
  { file: 'test/concurrent-work.test.ts', only: 'published meanwhile' },
  { file: 'test/other-processes.test.ts' },
  { file: 'test/failing-courses.test.ts', only: 'small or large|is away' },
  { file: 'test/together.test.ts', only: 'by itself .11' },
  { file: 'test/demo-truth.test.ts', only: 'logs, then the LMS' },
];

describe('on a server', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  before(async () => {
    clickhouse = await openClickhouse();
  });
  after(async () => clickhouse.close());

  for (const { file, only } of FILES) {
    test(file, { timeout: 280_000 }, async ({ signal }) => {
      // without what tells a test runner that it is run by one
      const env = { ...CLI_ENV, HOME: process.env['HOME'], TEST_CLICKHOUSE_URL: clickhouse.url };
      const some = only === undefined ? [] : [`--test-name-pattern=${only}`];
      const args = ['--test', ...some, join(import.meta.dirname, '..', file)];
      const child = spawn(process.execPath, args, { env, signal });
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      assert.equal(child.exitCode, 0, `${out}${err}`);
      assert.match(out, /^ℹ pass [1-9]/m);
      const left = await clickhouse.run("SELECT count() FROM system.databases WHERE name LIKE 'test%'");
      assert.equal(left, '0\n', 'databases are left');
    });
  }
});
