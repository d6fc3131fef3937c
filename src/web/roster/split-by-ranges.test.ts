import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitByRanges } from './split-by-ranges.ts';

function show(text: string, ranges: readonly (readonly [number, number])[]): string {
  return splitByRanges(text, ranges)
    .map((piece) => (piece.matched ? `<${piece.text}>` : `${piece.text}|`))
    .join('');
}

test('what matched is cut out, by code points', () => {
  assert.equal(show('María Núñez', [[6, 8]]), 'María |<Nú>ñez|');
  assert.equal(
    show('😀 smile 😀', [
      [0, 1],
      [8, 9],
    ]),
    '<😀> smile |<😀>',
  );
  assert.equal(show('abc', []), 'abc|');
  assert.equal(show('abc', [[0, 3]]), '<abc>');
});
