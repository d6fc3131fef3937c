import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fillSite } from '../bench/make-site.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';

const COURSE = 'course-v1:Bench+Largest+2026';
const PLAN = { rows: 200, users: 200, courses: [{ id: COURSE, learners: 200, activity: 6, firstUser: 0 }] };

interface Fact {
  readonly username: string;
  readonly user_id: number;
  readonly time: string;
  readonly kind: string;
  readonly entity: string;
  readonly completed: boolean;
}

interface Change extends Pick<Fact, 'username' | 'user_id' | 'time'> {
  readonly action: string;
  readonly value: string;
}

/** Everything that is measured on such a site. The hashes differ: they are of the lines' text. */
async function readTables(store: Store) {
  return {
    facts: await store.read<Fact>(
      'SELECT course_id, day, username, user_id, time, kind, entity, completed FROM facts ORDER BY time, username, entity',
    ),
    changes: await store.read<Change>(
      'SELECT course_id, username, user_id, time, action, value FROM roster_changes ORDER BY time, username, action',
    ),
    activity: await store.read(
      'SELECT course_id, username, user_id, max(last_day) FROM learner_activity GROUP BY ALL ORDER BY ALL',
    ),
    people: await store.read(
      'SELECT DISTINCT user_id, username FROM identities WHERE username IN (SELECT username FROM roster_changes) ORDER BY user_id',
    ),
    courses: await store.read('SELECT DISTINCT course_id FROM touched_courses'),
  };
}

function formatFact({ username, user_id, time, kind, entity, completed }: Fact): string {
  const [event_type, event] = {
    problem: ['problem_check', { problem_id: entity, success: completed ? 'correct' : 'incorrect' }],
    video: ['play_video', JSON.stringify({ id: entity, code: 'html5' })],
    discussion: ['edx.forum.thread.created', { commentable_id: entity }],
  }[kind]!;
  return JSON.stringify({
    username,
    event_type,
    event_source: 'server',
    time,
    context: { course_id: COURSE, user_id },
    event,
  });
}

function formatChange({ username, user_id, time, action, value }: Change): string {
  const event = { user_id, course_id: COURSE, mode: value };
  return JSON.stringify({
    username,
    event_type: `edx.course.enrollment.${action}`,
    event_source: 'server',
    time,
    context: { course_id: COURSE, user_id },
    event,
  });
}

test('a site of the benchmark holds what ingest makes of its logs', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-site-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await fillSite(join(folder, 'made'), PLAN);
  const made = await openStore({ dataDir: join(folder, 'made') });
  const expected = await readTables(made);
  await made.close();
  assert.ok(expected.facts.length > 1000 && expected.changes.length > 200);

  const log = join(folder, 'tracking.log');
  writeFileSync(log, [...expected.facts.map(formatFact), ...expected.changes.map(formatChange), ''].join('\n'));
  const store = await openStore({ dataDir: join(folder, 'ingested') });
  t.after(async () => store.close());
  const result = await ingest(store, [log]);
  assert.deepEqual(result.rejected, {});
  assert.deepEqual(await readTables(store), expected);
});
