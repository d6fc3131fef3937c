import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ingest } from '../src/ingest/ingest.ts';
import { openTestStore } from './temp-store.ts';
import type { Store } from '../src/store/store.ts';

// Each folder of test/golden is a case: input.log, and what must come of it by the rule that its expected.json names.

const GOLDEN = join(import.meta.dirname, 'golden');
const NAMES = readdirSync(GOLDEN).toSorted();
const CASES = NAMES.map((name) => [name, readExpected(name)] as const);
const NOW = new Date('2026-11-23T12:00:00Z');

interface Fact {
  course_id: string;
  username: string;
  user_id: number;
  time: string;
  day: string;
  kind: string;
  entity: string;
  completed: boolean;
}

interface RosterChange {
  course_id: string;
  user_id: number;
  username: string;
  time: string;
  action: string;
  value: string;
}

interface Expected {
  rule: string;
  lines: number;
  accepted: number;
  irrelevant: number;
  rejected: Record<string, number>;
  facts: Fact[];
  roster_changes: RosterChange[];
}

function readExpected(name: string): Expected {
  return JSON.parse(readFileSync(join(GOLDEN, name, 'expected.json'), 'utf8')) as Expected;
}

function sortRows<Row>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Sorted, each once: lines that differ may give the same. */
function distinct<Row>(rows: readonly Row[]): Row[] {
  return sortRows([...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]);
}

/** A problem that was completed is two facts: attempted and completed. */
function countFacts(rows: readonly Fact[]): number {
  return rows.length + rows.filter(({ completed }) => completed).length;
}

async function empty(store: Store): Promise<void> {
  for (const table of ['facts', 'roster_changes', 'identities', 'touched_courses']) {
    await store.run(`TRUNCATE TABLE ${table}`);
  }
}

async function readFacts(store: Store): Promise<Fact[]> {
  const rows = await store.read<Fact>(`
    SELECT course_id, username, toUInt32(user_id) AS user_id, toString(time) AS time, toString(day) AS day, toString(kind) AS kind, entity, completed
    FROM facts FINAL`);
  return sortRows(rows);
}

async function readRosterChanges(store: Store): Promise<RosterChange[]> {
  const rows = await store.read<RosterChange>(`
    SELECT course_id, toUInt32(user_id) AS user_id, username, toString(time) AS time, toString(action) AS action, value
    FROM roster_changes FINAL`);
  return sortRows(rows);
}

describe('golden logs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  let store: Store;

  before(async () => {
    store = await openTestStore(folder);
  });

  after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, maxRetries: 10 });
  });

  for (const [name, expected] of CASES) {
    test(`${name}: ${expected.rule}`, async () => {
      await empty(store);
      const result = await ingest(store, [join(GOLDEN, name, 'input.log')], { now: NOW });
      const rejected = Object.fromEntries(Object.entries(result.rejected).filter(([, count]) => count > 0));
      const { lines, accepted, irrelevant } = result;
      const { rule: _rule, facts, roster_changes, ...counts } = expected;
      assert.deepEqual({ lines, accepted, irrelevant, rejected }, counts);
      assert.deepEqual(await readFacts(store), sortRows(facts));
      assert.deepEqual(await readRosterChanges(store), sortRows(roster_changes));
      assert.equal(result.new_facts, countFacts(facts));
    });
  }

  test('all of them in one run, and again in the other order: every event once', async () => {
    const paths = NAMES.map((name) => join(GOLDEN, name, 'input.log'));
    await empty(store);
    const first = await ingest(store, paths, { now: NOW });
    const facts = await readFacts(store);
    const changes = await readRosterChanges(store);
    const all = CASES.map(([, expected]) => expected);
    assert.deepEqual(distinct(facts), distinct(all.flatMap((expected) => expected.facts)));
    assert.deepEqual(distinct(changes), distinct(all.flatMap((expected) => expected.roster_changes)));
    const again = await ingest(store, paths.toReversed(), { now: NOW });
    assert.equal(first.new_facts, countFacts(facts));
    assert.deepEqual(
      { lines: again.lines, facts: again.facts, new_facts: again.new_facts },
      { lines: first.lines, facts: first.facts, new_facts: 0 },
    );
    assert.deepEqual(await readFacts(store), facts);
    assert.deepEqual(await readRosterChanges(store), changes);
  });
});
