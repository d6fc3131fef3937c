import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { findInFiles } from '../../test/find-in-files.ts';
import { runCommand } from '../../test/run-cli.ts';
import { makeTempFolder } from '../../test/temp-store.ts';
import { STAGED_COLUMNS } from '../ingest/staging.ts';
import { openStore } from '../store/open-store.ts';

const { folder } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const NAME = 'Maria Muster-Maier';

test('what a killed ingest or import left goes when the store is opened, its courses marked before', async () => {
  const dataDir = join(folder, 'data');
  const store = await openStore({ dataDir });
  const staged = `(${STAGED_COLUMNS}) ENGINE = MergeTree ORDER BY tuple()`;
  for (const name of ['ingest_dead', 'ingest_dead_new']) {
    await store.run(`CREATE TABLE ${name} ${staged}`);
    await store.insert(name, [{ kind: 'video', course_id: COURSE, username: 'maria', time: '2026-11-20 10:00:00' }]);
  }
  await store.run('CREATE TABLE lms_import_dead (name String) ENGINE = MergeTree ORDER BY tuple()');
  await store.insert('lms_import_dead', [{ name: NAME }]);
  await store.close();
  assert.notDeepEqual(findInFiles(join(dataDir, 'store'), NAME), []);

  const { out, code } = await runCommand(['learner', 'export', 'maria', '--json'], { DATA_DIR: dataDir });
  assert.equal(code, 0);
  const { unfinished, held } = JSON.parse(out) as { unfinished: number; held: Record<string, object[]> };
  assert.equal(unfinished, 0);
  assert.deepEqual(held, {});
  assert.deepEqual(findInFiles(join(dataDir, 'store'), NAME), []);
  const again = await openStore({ dataDir });
  const left = await again.read("SELECT name FROM system.tables WHERE match(name, '^(ingest|lms_import)_')");
  const touched = await again.read('SELECT course_id FROM touched_courses FINAL');
  await again.close();
  assert.deepEqual([left, touched], [[], [{ course_id: COURSE }]]);
});
