import assert from 'node:assert/strict';
import test from 'node:test';
import { ByteWriter } from './byte-writer.ts';

function write(fill: (out: ByteWriter) => void): string {
  // so that it has to grow
  const out = new ByteWriter(1);
  fill(out);
  return out.read().toString();
}

const TEXTS = [
  '',
  'plain',
  'a, b]',
  'say "no"',
  'back\\slash',
  'ends in \\',
  '\\"',
  '\n\t\u0001',
  'ÅÄÖ 😀 आरव',
  '[{}]',
];

for (const text of TEXTS) {
  test(`the values after ${JSON.stringify(text)} are found`, () => {
    const values = [text, 7, null, text];
    for (const separator of [', ', ',']) {
      const array = Buffer.from(`[${values.map((value) => JSON.stringify(value)).join(separator)}]`);
      let at = 1;
      for (const value of values)
        assert.equal(
          write((out) => (at = out.putValue(array, at, array.length))),
          JSON.stringify(value),
        );
    }
  });
}

test('bytes are put unless one of them stops it, and then nothing is', () => {
  const stops = new Uint8Array(256);
  stops[0x2c] = 1;
  const source = Buffer.from('ab,c');
  assert.equal(
    write((out) => {
      assert.equal(out.putUnless(stops, source, 0, 2), true);
      assert.equal(out.putUnless(stops, source, 1, 4), false);
      assert.equal(out.putUnless(stops, source, 3, 4), true);
      assert.equal(out.putUnless(stops, source, 2, 2), true);
    }),
    'abc',
  );
});

test('numbers are written as JSON has them', () => {
  const numbers = [0, 9, 10, 4_294_967_295, 0.1 + 0.2, 7 / 3, -1, NaN, Infinity];
  for (const number of numbers)
    assert.equal(
      write((out) => out.putNumber(number)),
      JSON.stringify(number),
    );
});

test('what was written can be read from any place on, however much it is', () => {
  const out = new ByteWriter(10);
  for (let count = 0; count < 1000; count += 1) out.putAscii('0123456789');
  assert.equal(out.length, 10_000);
  assert.equal(out.read().toString(), '0123456789'.repeat(1000));
  assert.equal(out.read(9_995).toString(), '56789');
});

test('much memory is not kept', () => {
  const out = new ByteWriter(10);
  const place = () => out.read().buffer;
  for (const [times, isKept] of [
    [1, true],
    [100, true],
    [200_000, false],
  ] as const) {
    for (let count = 0; count < times; count += 1) out.putAscii('0123456789');
    const used = place();
    out.clear();
    assert.equal(place() === used, isKept, String(times));
  }
  assert.equal(place().byteLength, 10);
  out.putAscii('0');
  assert.equal(out.read().toString(), '0');
});
