import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const MAIN = join(import.meta.dirname, 'main.ts');
const LINE = JSON.stringify({
  username: 'ada',
  event_type: 'play_video',
  event_source: 'browser',
  time: '2026-01-02T03:04:05Z',
  event: { id: 'intro' },
  context: { course_id: 'course-v1:O+C+R' },
});

const dir = mkdtempSync(join(tmpdir(), 'cli-ingest-'));
after(() => rmSync(dir, { recursive: true, maxRetries: 10 }));

function ingestInput(data: string, stdin: { input: string } | { stdio: [number, 'pipe', 'pipe'] }) {
  const args = [MAIN, 'ingest', '-', '--json', '--data', join(dir, data)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', ...stdin });
  assert.equal(status, 0, stderr);
  const { lines, new_facts } = JSON.parse(stdout) as Record<string, number>;
  return { lines, new_facts };
}

// The engine, in the same process, would take what waits on standard input for rows of a statement of its own.
test('standard input is ingested into a store that is not there yet, from a pipe', () => {
  assert.deepEqual(ingestInput('piped', { input: `${LINE}\n` }), { lines: 1, new_facts: 1 });
});

test('standard input is ingested into a store that is not there yet, from a file', () => {
  const path = join(dir, 'tracking.log');
  writeFileSync(path, `${LINE}\n`);
  assert.deepEqual(ingestInput('file', { stdio: [openSync(path, 'r'), 'pipe', 'pipe'] }), { lines: 1, new_facts: 1 });
});
