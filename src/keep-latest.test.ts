import assert from 'node:assert/strict';
import test from 'node:test';
import { keepLatest } from './keep-latest.ts';

test('the entry that was put last longest ago goes, and no other', () => {
  const map = new Map<string, number>();
  for (const [index, key] of ['a', 'b', 'c', 'a', 'd'].entries()) keepLatest(map, key, index, 3);
  assert.deepEqual(
    [...map],
    [
      ['c', 2],
      ['a', 3],
      ['d', 4],
    ],
  );
  keepLatest(map, 'c', 5, 3);
  assert.deepEqual([...map.keys()], ['a', 'd', 'c']);
});
