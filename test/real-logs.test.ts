import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';

// Logs and events that real installations wrote. Their licence keeps them out of this repository; where they are not
// beside the checkout, these tests are skipped.

const SHARED = join(import.meta.dirname, '../../shared/data');
const PIPELINE = join(SHARED, 'edx-pipeline');
const MODERN = join(SHARED, 'event-routing-backends/edx');

function skipWithout(folder: string): { skip: string | false } {
  return { skip: existsSync(folder) ? false : `${folder} is not there: real logs are not part of the repository` };
}

interface Payload {
  problem_id?: string;
  success?: string;
  id?: string;
  commentable_id?: string;
  course_id?: string;
  user_id?: number;
  username?: string;
  mode?: string;
}

interface Event {
  username?: string;
  event_type?: string;
  event_source?: string;
  name?: string;
  time: string;
  event: Payload | string;
  context: { course_id?: string; username?: string; user_id?: number | string | null };
}

/** What a line says, in the columns of the tables `facts` and `roster_changes`. */
type Row = Readonly<Record<string, string | number | boolean>>;

/**
 * A line of a file log read as plainly as possible: nothing of what these logs do not have is looked at. 'irrelevant'
 * for one that says nothing of interest; it throws for one that cannot be read.
 */
function readPlainly(line: string): { fact: Row } | { change: Row } | 'irrelevant' {
  // their authors put remarks and blank lines between the events
  if (line === '' || line.startsWith('#')) return 'irrelevant';
  const event = JSON.parse(line.slice(line.indexOf('{'))) as Event;
  const type = event.event_type ?? '';
  if (type.startsWith('/')) return 'irrelevant';
  const at = { time: event.time.replace(/(\.\d+)?\+00:00$/, (_, part: string = '.') => `${part.padEnd(7, '0')}Z`) };
  const payload = (typeof event.event === 'string' ? parsePayload(event.event) : event.event) ?? {};
  const who = { course_id: event.context.course_id ?? '', username: event.username ?? '', ...at };
  if (type === 'problem_check' && event.event_source === 'server') {
    const completed = payload.success === 'correct';
    return { fact: { ...who, kind: 'problem', entity: payload.problem_id ?? '', completed } };
  }
  if (type === 'play_video' || event.name === 'edx.video.played') {
    const [org, course] = who.course_id.replace(/^course-v1:/, '').split(/[+/]/);
    const entity = (payload.id ?? '').replace(`i4x-${org}-${course}-video-`, '').replace(/^.*type@video\+block@/, '');
    return { fact: { ...who, kind: 'video', entity, completed: false } };
  }
  if (/^edx\.forum\.(thread|response|comment)\.created$/.test(type)) {
    return { fact: { ...who, kind: 'discussion', entity: payload.commentable_id ?? '', completed: false } };
  }
  const action = /^edx\.course\.enrollment\.(activated|deactivated|mode_changed)$/.exec(type)?.[1];
  if (action === undefined) return 'irrelevant';
  const course_id = payload.course_id ?? '';
  return { change: { course_id, user_id: payload.user_id ?? 0, ...at, action, value: payload.mode ?? '' } };
}

function parsePayload(text: string): Payload | null {
  try {
    return JSON.parse(text) as Payload | null;
  } catch {
    return null;
  }
}

/** The lines of a log, without the nothing after the last end. */
function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
}

function sortRows(rows: readonly Row[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].toSorted();
  return rows.map((row) => JSON.stringify(columns.map((column) => [column, row[column]]))).toSorted();
}

let dir = '';
let store: Store;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'real-logs-'));
  store = await openStore({ dataDir: join(dir, 'data') });
});
after(async () => {
  await store.close();
  await rm(dir, { recursive: true, maxRetries: 10 });
});

async function readFacts(): Promise<Row[]> {
  return store.read<Row>('SELECT course_id, username, time, kind, entity, completed FROM facts FINAL');
}

async function readChanges(): Promise<Row[]> {
  return store.read<Row>('SELECT course_id, user_id, time, action, value FROM roster_changes FINAL');
}

async function emptyStore(): Promise<void> {
  for (const table of ['facts', 'roster_changes', 'identities', 'touched_courses']) {
    await store.run(`TRUNCATE TABLE ${table}`);
  }
}

describe('the logs of the original pipeline', skipWithout(PIPELINE), () => {
  const names = existsSync(PIPELINE) ? readdirSync(PIPELINE).filter((name) => name.endsWith('.log')) : [];

  for (const name of names) {
    test(name, async (t) => {
      await emptyStore();
      const lines = readLines(join(PIPELINE, name));
      const told = lines.map(readPlainly);
      const result = await ingest(store, [join(PIPELINE, name)]);
      const irrelevant = told.filter((row) => row === 'irrelevant').length;
      const counts = { lines: lines.length, accepted: lines.length - irrelevant, irrelevant, rejected: {} };
      assert.deepEqual(
        { ...counts, failed: [] },
        {
          lines: result.lines,
          accepted: result.accepted,
          irrelevant: result.irrelevant,
          rejected: result.rejected,
          failed: result.failed,
        },
      );
      t.diagnostic(`${lines.length} lines: ${counts.accepted} accepted, ${irrelevant} irrelevant, none rejected`);

      const facts = told.flatMap((row) => (typeof row === 'object' && 'fact' in row ? [row.fact] : []));
      const changes = told.flatMap((row) => (typeof row === 'object' && 'change' in row ? [row.change] : []));
      const completed = facts.filter((fact) => fact['completed']).length;
      assert.equal(result.facts, facts.length + completed);
      assert.equal(result.roster_changes, changes.length);
      // no line of these logs is there twice
      assert.equal(result.new_facts, result.facts);
      assert.deepEqual(sortRows(await readFacts()), sortRows(facts));
      assert.deepEqual(sortRows(await readChanges()), sortRows(changes));
    });
  }

  test('all of them, and all of them again', async () => {
    await emptyStore();
    const first = await ingest(store, [PIPELINE]);
    assert.equal(first.files, names.length);
    assert.equal(first.lines, names.flatMap((name) => readLines(join(PIPELINE, name))).length);
    assert.equal(first.accepted + first.irrelevant, first.lines);
    const again = await ingest(store, [PIPELINE]);
    assert.deepEqual({ ...again, seconds: 0 }, { ...first, new_facts: 0, seconds: 0 });
  });
});

describe('events of a platform of today', skipWithout(MODERN), () => {
  test('four of the fifteen are facts and three are enrolment changes', async () => {
    await emptyStore();
    const names = readdirSync(MODERN).filter((name) => name.endsWith('.json'));
    const events = names.map((name) => JSON.parse(readFileSync(join(MODERN, name), 'utf8')) as unknown);
    const log = join(dir, 'tracking.log');
    await writeFile(log, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const result = await ingest(store, [log]);

    const demo = { course_id: 'course-v1:edX+DemoX+Demo_Course', username: 'edx' };
    const forum = { course_id: 'course-v1:testX+XAPI101+2019_T2', kind: 'discussion', completed: false };
    assert.deepEqual(
      sortRows(await readFacts()),
      sortRows([
        {
          ...demo,
          time: '2020-07-15T06:52:55.057099Z',
          kind: 'video',
          entity: '0b9e39477cf34507a7a48f74be381fdd',
          completed: false,
        },
        {
          ...demo,
          time: '2020-07-14T14:39:26.906232Z',
          kind: 'problem',
          entity: 'block-v1:edX+DemoX+Demo_Course+type@problem+block@3fc5461f86764ad7bdbdf6cbdde61e66',
          completed: false,
        },
        {
          ...forum,
          username: 'xiajul10',
          time: '2023-07-10T09:23:10.354202Z',
          entity: '856d38cd-a139-4346-bef9-4147a2e4b7bf',
        },
        {
          ...forum,
          course_id: 'course-v1:TestX+XP101+2023_T1',
          username: 'xiaaug24',
          time: '2023-08-08T12:09:39.157587Z',
          entity: 'course',
        },
      ]),
    );
    const enrollment = { course_id: demo.course_id, user_id: 3, value: 'audit' };
    assert.deepEqual(
      sortRows(await readChanges()),
      sortRows([
        { ...enrollment, time: '2020-07-15T06:36:01.917775Z', action: 'activated' },
        { ...enrollment, time: '2020-07-15T06:36:01.917775Z', action: 'mode_changed' },
        { ...enrollment, time: '2020-07-15T06:39:23.898755Z', action: 'deactivated' },
      ]),
    );
    const { lines, accepted, irrelevant, rejected, facts, new_facts, roster_changes } = result;
    assert.deepEqual(
      { lines, accepted, irrelevant, rejected, facts, new_facts, roster_changes },
      { lines: 15, accepted: 7, irrelevant: 8, rejected: {}, facts: 4, new_facts: 4, roster_changes: 3 },
    );
  });
});
