import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import test from 'node:test';
import { makeTempFolder } from '../../../test/temp-store.ts';
import { CutShort, readFully, readNumber } from './binary-files.ts';

const { write } = makeTempFolder();

test('reads that give less than was asked for are gone on with, up to the end of the file', (t) => {
  const path = write('numbers', '');
  fs.writeFileSync(path, new Float64Array([1.5, 2.5, 3.5]));
  const { readSync } = fs;
  const short = (file: number, memory: NodeJS.ArrayBufferView, offset: number, length: number, at: number) =>
    readSync(file, memory, offset, Math.ceil(length / 2), at);
  t.mock.method(fs, 'readSync', short as typeof readSync);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  assert.equal(readNumber(path, 2, Float64Array), 3.5);
  const file = fs.openSync(path, 'r');
  t.after(() => fs.closeSync(file));
  const memory = new Float64Array(3);
  readFully(file, memory, 16, 8);
  assert.deepEqual([...memory], [2.5, 3.5, 0]);
  assert.throws(() => readFully(file, memory, 24, 8), CutShort);
});
