import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { CLI_ENV, endCommand, runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// What `npm start` runs once all is installed and built.

const { folder, write } = makeTempFolder();
const START = join(import.meta.dirname, '../src/cli/start.ts');
const doc = readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8');
const REAL = 'course-v1:Real+A+1';

function start(dataDir: string, ...args: readonly string[]) {
  return spawn(process.execPath, [START, ...args], { env: { ...CLI_ENV, DATA_DIR: dataDir, PORT: '0' } });
}

test('the demonstration leaves the store of a real site as it is, and its key is for its own courses', async (t) => {
  const data = join(folder, 'data');
  const run = async (...args: readonly string[]) => {
    const { code, out, err } = await runCommand([...args, '--data', data, '--json']);
    assert.equal(code, 0, err);
    return JSON.parse(out) as { keys: object[]; key: string };
  };
  const enrollments = write('e.csv', `course_id,username,user_id,is_active\n${REAL},maria,7,1\n`);
  const roles = write('r.csv', `username,role,course_id\nprofx,instructor,${REAL}\n`);
  await run('lms', '--csv', enrollments, roles);
  await run('keys', 'create', 'demo');
  const tell = async () => [
    await run('keys', 'list'),
    await run('learner', 'export', 'maria'),
    await run('learner', 'export', 'profx'),
  ];
  const before = await tell();
  const server = start(data);
  t.after(() => server.kill('SIGKILL'));
  server.stderr.resume();
  const said: string[] = [];
  for await (const line of createInterface(server.stdout)) {
    said.push(line);
    if (line.includes('Ctrl-C')) break;
  }
  const [, url = ''] = /: (http:\S+)$/m.exec(said.join('\n')) ?? [];
  const [, key = ''] = /^API key of this run: (\S+)$/m.exec(said.join('\n')) ?? [];
  const ask = async (path: string) => fetch(`${url}/api/v0/${path}`, { headers: { authorization: `Token ${key}` } });
  const courses = (await (await ask('courses/')).json()) as Array<{ course_id: string; learner_count: number }>;
  assert.equal(courses.length, 3);
  assert.ok(courses.every(({ learner_count }) => learner_count > 100));
  assert.equal((await ask(`learners/?course_id=${encodeURIComponent(REAL)}`)).status, 403);
  // what docs/api.md says to ask it for
  const [, course = '', learner = ''] = /`COURSE=(\S+)`, and `(\S+)` in place of `maria`/.exec(doc) ?? [];
  assert.equal((await ask(`learners/${learner}/?course_id=${course}`)).status, 200);
  server.kill('SIGTERM');
  assert.deepEqual(await once(server, 'exit'), [0, null]);
  assert.deepEqual(await tell(), before);
});

test('arguments, and a ClickHouse of others, are refused before anything is made', async () => {
  const data = join(folder, 'none');
  const given = await endCommand(start(data, '--port', '9000'));
  assert.equal(given.code, 2);
  assert.match(given.err, /takes no arguments; PORT, HOST and DATA_DIR/);
  const child = spawn(process.execPath, [START], {
    env: { ...CLI_ENV, DATA_DIR: data, CLICKHOUSE_URL: 'http://127.0.0.1:9/real' },
  });
  const refused = await endCommand(child);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /a store of its own: start it without CLICKHOUSE_URL/);
  assert.equal(existsSync(data), false);
});
