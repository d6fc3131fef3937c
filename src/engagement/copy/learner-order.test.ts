import assert from 'node:assert/strict';
import test from 'node:test';
import { LearnerOrder } from './learner-order.ts';
import { PersonSet } from './person-set.ts';

const COUNT = 5000;

/** Columns with many equal values, and some of the highest. */
function makeColumn(most: number, seed: number): Uint32Array {
  let last = seed;
  return Uint32Array.from({ length: COUNT }, () => {
    last = (last * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
    return last % 5 === 0 ? 0xff_ff_ff_ff : (last * 7) % most;
  });
}

function sortPlainly(keys: readonly Uint32Array[], descending: boolean): number[] {
  return Array.from({ length: COUNT }, (_, learner) => learner).toSorted((a, b) => {
    const differences = keys.map((key) => (key[a]! - key[b]!) * (descending ? -1 : 1));
    return differences.find((difference) => difference !== 0) ?? a - b;
  });
}

const PAGES = [
  { offset: 0, limit: 25 },
  { offset: 990, limit: 40 },
  { offset: 1003, limit: 1 },
  { offset: 3999, limit: 2 },
  { offset: 4990, limit: 25 },
  { offset: COUNT, limit: 25 },
  { offset: 70_000, limit: 25 },
  { offset: 0, limit: COUNT },
] as const;

for (const [most, other] of [
  [2, 1],
  [3, 2 ** 32],
  [70_000, 10],
  [2 ** 32, 3],
  [2 ** 32, 2 ** 32],
] as const) {
  test(`each page, up and down, is as comparing the keys would sort: below ${most}, then below ${other}`, () => {
    const keys = [makeColumn(most, 7), makeColumn(other, 9)];
    const order = new LearnerOrder(COUNT, keys);
    const selections = [7, 2, 1, 4000].map((step) =>
      Uint32Array.from({ length: Math.ceil(COUNT / step) }, (_, index) => index * step),
    );
    for (const descending of [false, true]) {
      const plainly = sortPlainly(keys, descending);
      for (const page of PAGES) {
        const end = page.offset + page.limit;
        assert.deepEqual([...order.page(page, descending)], plainly.slice(page.offset, end));
        for (const selected of [...selections, new Uint32Array()]) {
          const wanted = new Set(selected);
          const picked = plainly.filter((learner) => wanted.has(learner)).slice(page.offset, end);
          assert.deepEqual([...order.pageOf(new PersonSet(selected, COUNT), page, descending)], picked);
        }
      }
    }
  });
}

test('without keys the order is that of the numbers, and down that from the end', () => {
  const order = new LearnerOrder(70, []);
  assert.deepEqual([...order.page({ offset: 2, limit: 3 }, false)], [2, 3, 4]);
  assert.deepEqual([...order.page({ offset: 2, limit: 3 }, true)], [67, 66, 65]);
  assert.deepEqual(
    [...order.pageOf(new PersonSet(Uint32Array.of(3, 31, 32, 69), 70), { offset: 0, limit: 9 }, true)],
    [69, 32, 31, 3],
  );
});

test('equals are in the order of the numbers, up and down; nobody has no page', () => {
  const equals = new LearnerOrder(70, [new Uint32Array(70)]);
  assert.deepEqual([...equals.page({ offset: 62, limit: 3 }, true)], [62, 63, 64]);
  const nobody = new LearnerOrder(0, [new Uint32Array()]);
  for (const descending of [false, true]) {
    assert.deepEqual([...nobody.page({ offset: 0, limit: 25 }, descending)], []);
    assert.deepEqual([...nobody.pageOf(new PersonSet(new Uint32Array(), 0), { offset: 0, limit: 25 }, descending)], []);
  }
});
