import assert from 'node:assert/strict';
import test from 'node:test';
import { sortLearners } from './sort-learners.ts';

test('several keys, up and down, as comparing them would sort; equal ones stay in order', () => {
  let seed = 7;
  const column = (most: number) =>
    Uint32Array.from({ length: 5000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
      return seed % 5 === 0 ? 0xff_ff_ff_ff : (seed * 7) % most;
    });
  for (const [most, other] of [
    [3, 2 ** 32],
    [70_000, 10],
    [2 ** 32, 3],
  ] as const) {
    const [first, second] = [column(most), column(other)];
    for (const [down, downToo] of [
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      const keys = [
        { column: first, descending: down },
        { column: second, descending: downToo },
      ];
      const plainly = Array.from(first, (_, learner) => learner).toSorted((a, b) => {
        for (const { column: values, descending } of keys) {
          const difference = (values[a]! - values[b]!) * (descending ? -1 : 1);
          if (difference !== 0) return difference;
        }
        return a - b;
      });
      assert.deepEqual([...sortLearners(5000, keys)], plainly);
    }
  }
});

test('without keys, of nobody, and of equals, the order is that of the numbers', () => {
  assert.deepEqual([...sortLearners(3, [])], [0, 1, 2]);
  assert.deepEqual([...sortLearners(0, [{ column: new Uint32Array(), descending: true }])], []);
  assert.deepEqual([...sortLearners(3, [{ column: new Uint32Array(3), descending: true }])], [0, 1, 2]);
});
