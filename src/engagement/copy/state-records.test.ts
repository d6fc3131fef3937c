import assert from 'node:assert/strict';
import test from 'node:test';
import { ByteWriter } from './byte-writer.ts';
import { putInstant } from './state-records.ts';

/** The two words of an instant in microseconds since 1970, as the engine writes them. */
function wordsOf(micros: bigint): [number, number] {
  const biased = micros + 2n ** 62n;
  return [Number(biased & 0xff_ff_ff_ffn), Number(biased >> 32n)];
}

function formatInstant(low: number, high: number): unknown {
  const out = new ByteWriter(1);
  putInstant(out, low, high);
  return JSON.parse(out.read().toString());
}

for (const [micros, text] of [
  [0n, '1970-01-01T00:00:00.000000Z'],
  [-1n, '1969-12-31T23:59:59.999999Z'],
  [999_999n, '1970-01-01T00:00:00.999999Z'],
  [86_399_999_999n, '1970-01-01T23:59:59.999999Z'],
  [1_793_643_212_656_640n, '2026-11-02T18:13:32.656640Z'],
  [951_782_400_000_001n, '2000-02-29T00:00:00.000001Z'],
  // what the engine's type ends at: more than a float tells exactly
  [-2_208_988_800_000_000n, '1900-01-01T00:00:00.000000Z'],
  [10_413_791_999_999_999n, '2299-12-31T23:59:59.999999Z'],
] as const) {
  test(`${micros} µs are ${text}`, () => {
    assert.equal(formatInstant(...wordsOf(micros)), text);
  });
}

test('where it is not known there is none', () => {
  assert.equal(formatInstant(0xff_ff_ff_ff, 0xff_ff_ff_ff), null);
});
