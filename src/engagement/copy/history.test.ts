import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { makeTempFolder } from '../../../test/temp-store.ts';
import { ENTITIES_FILE, PARTS_FILE } from './history-files.ts';
import { History } from './history.ts';
import { KINDS, RowWriter, countRows, readEntries } from './history-rows.ts';
import { writeHistory } from './write-history.ts';

const { folder, write } = makeTempFolder();

/** A fact as a test invents it. */
interface Fact {
  readonly learner: number;
  readonly kind: number;
  readonly entity: number;
  readonly day: number;
  readonly completed: number;
}

let seed = 7;
function random(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

function inventFact(learner: number, day = 20_000 + random(40)): Fact {
  const kind = 1 + random(3);
  const completed = kind === KINDS.problem && random(3) === 0 ? 1 : 0;
  return { learner, kind, entity: kind === KINDS.discussion ? 0 : 1 + random(4), day, completed };
}

/** What the rows should count, obviously. */
function count(facts: readonly Fact[], start: number, end: number): number[] {
  const within = facts.filter(({ day }) => day >= start && day < end);
  const problems = within.filter(({ kind }) => kind === KINDS.problem);
  const different = (some: readonly Fact[]) => new Set(some.map(({ entity }) => entity)).size;
  return [
    problems.length,
    different(problems),
    different(problems.filter(({ completed }) => completed === 1)),
    different(within.filter(({ kind }) => kind === KINDS.video)),
    within.filter(({ kind }) => kind === KINDS.discussion).length,
    new Set(within.map(({ day }) => day)).size,
  ];
}

const inOrder = (a: Fact, b: Fact) => a.kind - b.kind || a.entity - b.entity || a.day - b.day;

test('rows count what the facts count, in any range, and more than fit in one', () => {
  const writer = new RowWriter();
  const many = { learner: 0, kind: KINDS.problem, entity: 9, day: 20_010, completed: 1 };
  const facts = [...Array.from({ length: 120 }, () => inventFact(0)), ...Array.from({ length: 300 }, () => many)];
  for (const { kind, entity, day, completed } of facts.toSorted(inOrder)) writer.add(kind, entity, day, 1, completed);
  writer.endLearner();
  const { rows, entities } = writer.take();
  for (let start = 19_998; start < 20_042; start += 3) {
    for (let end = start; end < 20_043; end += 2) {
      const columns = Array.from({ length: 6 }, () => new Uint32Array(1));
      countRows(new Int32Array(rows.buffer), 0, rows.length, [start, end], columns, 0);
      assert.deepEqual(
        columns.map(([value]) => value),
        count(facts, start, end),
      );
    }
  }
  const entries = readEntries({ rows, entities });
  assert.equal(
    entries.reduce((sum, entry) => sum + entry.facts, 0),
    facts.length,
  );
  assert.deepEqual(
    entries.find(({ entity }) => entity === 9),
    { kind: KINDS.problem, entity: 9, day: 20_010, facts: 300, completed: 300 },
  );
});

test('of somebody with too many rows the latest days are kept, each as a whole', () => {
  for (const kept of [0, 3, 20, 100, 150, 151, 400]) {
    const writer = new RowWriter(kept);
    const others = [inventFact(0, 20_001)];
    const facts = Array.from({ length: 200 }, () => inventFact(1));
    for (const own of [others, facts, others]) {
      for (const { kind, entity, day, completed } of own.toSorted(inOrder)) writer.add(kind, entity, day, 1, completed);
      writer.endLearner();
    }
    const { rows, entities } = writer.take();
    const around = kept < 2 ? 0 : 2;
    const [from, to] = [around, rows.length - around];
    assert.ok(to - from <= kept);
    const days = [...new Set(facts.map(({ day }) => day))].toSorted((a, b) => a - b);
    const first = readEntries({ rows: rows.subarray(from, to), entities: entities.subarray(from, to) })
      .map(({ day }) => day)
      .reduce((least, day) => Math.min(least, day), Infinity);
    // what of the days before would fit no more
    const before = facts.filter(({ day }) => day === days.findLast((each) => each < first));
    const different = new Set(before.map(({ kind, entity }) => `${kind} ${entity}`));
    if (before.length > 0) assert.ok(to - from + different.size + 1 > kept, `${kept}`);
    for (let start = 19_998; start < 20_042; start += 3) {
      for (let end = start; end < 20_043; end += 2) {
        const columns = Array.from({ length: 6 }, () => new Uint32Array(1));
        countRows(new Int32Array(rows.buffer), from, to, [start, end], columns, 0);
        assert.deepEqual(
          columns.map(([value]) => value),
          count(facts, Math.max(start, first), end),
        );
      }
    }
  }
});

test('more rows than a place can tell of do not fail', () => {
  const writer = new RowWriter();
  for (let entity = 1; entity <= 600; entity += 1)
    for (let day = 0; day < 30_000; day += 1) writer.add(KINDS.video, entity, day, 1, 0);
  writer.endLearner();
  const { rows } = writer.take();
  assert.equal(rows.length, Math.floor(262_144 / 601) * 601);
  assert.equal(rows[0]! >>> 17, 30_000 - Math.floor(262_144 / 601));
});

test('a day that no row can tell is refused', () => {
  assert.throws(() => new RowWriter().add(KINDS.video, 1, 32_768, 1, 0), RangeError);
});

/** Far apart and in another order than the numbers, as hashes are of problems that were met later. */
const hashOf = (entity: number) => ((entity * 3) % 5) * 7_000_000_000_000;

function writeEntities(path: string): void {
  const entities = [1, 2, 3, 4].map((entity) => [hashOf(entity), `entity ${entity}`]);
  writeFileSync(join(path, ENTITIES_FILE), JSON.stringify(entities));
}

/** As the engine writes them. */
function packFacts(changes: ReadonlyArray<{ learner: number; whole: boolean; facts: readonly Fact[] }>): Buffer {
  return Buffer.concat(
    changes.map(({ learner, whole, facts }) => {
      const head = Buffer.alloc(7);
      head.writeUInt32LE(learner);
      head[4] = whole ? 1 : 0;
      // two bytes of LEB128
      head[5] = (facts.length & 0x7f) | 0x80;
      head[6] = facts.length >>> 7;
      const body = Buffer.alloc(facts.length * 8);
      const packed = facts.map(
        ({ kind, entity, day, completed }) =>
          (BigInt(kind) << 62n) | (BigInt(hashOf(entity)) << 16n) | BigInt((day << 1) | completed),
      );
      for (const [index, fact] of BigUint64Array.from(packed).toSorted().entries())
        body.writeBigUInt64LE(fact, index * 8);
      return Buffer.concat([head, body]);
    }),
  );
}

const group = (facts: readonly Fact[], whole: boolean) =>
  [...Map.groupBy(facts, ({ learner }) => learner)]
    .map(([learner, own]) => ({ learner, whole, facts: own }))
    .toSorted((a, b) => a.learner - b.learner);

async function check(path: string, facts: readonly Fact[], learners: number): Promise<void> {
  const history = new History(path, learners);
  const columns = [...(await history.count('2024-10-10', '2024-10-25')).values()];
  for (let learner = 0; learner < learners; learner += 1) {
    const own = facts.filter((fact) => fact.learner === learner);
    // days 20,006 to 20,020
    const expected = count(own, 20_006, 20_021);
    assert.deepEqual(
      columns.map((column) => column[learner]),
      expected,
      `learner ${learner}`,
    );
    const entries = history.entries(learner, '2099-01-01');
    assert.equal(
      entries.reduce((sum, entry) => sum + entry.facts, 0),
      own.length,
    );
  }
  history.close();
}

describe('files', () => {
  test('carried over many times, by days and as a whole, with others in the roster, they tell what the facts tell', async () => {
    const learners = 60;
    let facts = Array.from({ length: 900 }, () => inventFact(random(learners)));
    let base: string | null = null;
    let [parts, shared] = [0, 0];
    for (let round = 0; round < 40; round += 1) {
      const path = join(folder, `round-${round}`);
      mkdirSync(path);
      writeEntities(path);
      let numbers: string | null = null;
      let changes = group(facts, true);
      if (base !== null) {
        if (round % 5 === 0) {
          // the roster changes: learner 3 leaves, somebody comes before all others, with facts of the past
          facts = facts.filter(({ learner }) => learner !== 3);
          facts = facts.map((fact) => ({ ...fact, learner: fact.learner < 3 ? fact.learner + 1 : fact.learner }));
          const past = Array.from({ length: 10 }, () => inventFact(0));
          facts.push(...past);
          numbers = join(path, 'numbers');
          const before = Uint32Array.from({ length: learners }, (_, number) =>
            number === 0 ? 0xff_ff_ff_ff : number <= 3 ? number - 1 : number,
          );
          writeFileSync(numbers, new Uint8Array(before.buffer));
          changes = [{ learner: 0, whole: true, facts: past }];
        } else {
          const came = Array.from({ length: 12 }, () => inventFact(random(learners)));
          facts.push(...came);
          const touched = new Set(came.map(({ learner, day }) => `${learner} ${day}`));
          changes = group(
            facts.filter(({ learner, day }) => touched.has(`${learner} ${day}`)),
            false,
          );
        }
      }
      const exported = join(path, 'facts');
      writeFileSync(exported, packFacts(changes));
      writeHistory({
        folder: path,
        count: learners,
        facts: exported,
        base: base === null ? null : { folder: base, numbers },
        small: 10,
      });
      parts = Math.max(parts, (JSON.parse(readFileSync(join(path, PARTS_FILE), 'utf8')) as number[]).length);
      await check(path, facts, learners);
      shared += readdirSync(path).filter((name) => statSync(join(path, name)).nlink > 1).length;
      base = path;
    }
    assert.ok(parts > 2, `${parts} parts`);
    assert.ok(shared > 20, 'parts are shared');
  });

  test('ids of problems and videos are held in memory until it is given back, and then read again', () => {
    const path = join(folder, 'ids');
    mkdirSync(path);
    writeEntities(path);
    writeHistory({ folder: path, count: 9, facts: write('no-facts', ''), base: null });
    const history = new History(path, 9);
    const { size } = statSync(join(path, ENTITIES_FILE));
    for (const number of [1, 4, 2]) {
      assert.equal(history.bytes, 0);
      assert.equal(history.entity(number), `entity ${number}`);
      assert.equal(history.bytes, size);
      history.forget();
    }
    assert.throws(() => history.entity(5), /there is no problem or video 5/);
    history.close();
  });

  test('a file that is cut off, or about other learners, is refused', () => {
    const path = join(folder, 'cut');
    mkdirSync(path);
    writeEntities(path);
    const facts = write('cut-facts', packFacts(group([inventFact(1), inventFact(5)], true)).subarray(0, -3));
    assert.throws(() => writeHistory({ folder: path, count: 9, facts, base: null }), /ends within a learner/);
    const beyond = write('beyond-facts', packFacts(group([inventFact(9)], true)));
    assert.throws(() => writeHistory({ folder: path, count: 9, facts: beyond, base: null }), /there is no learner 9/);
  });
});
