import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { makeTempFolder } from '../../../test/temp-store.ts';
import { HistoryFiles, PARTS_FILE, PLACES_FILE, partFiles } from './history-files.ts';

const { folder } = makeTempFolder();

const LEARNERS = 20_000;

let seed = 11;
function int(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

test('rows are those of the learner in whatever order they are read', () => {
  const words = new Uint32Array(LEARNERS * 2);
  const parts: number[][] = [[], []];
  const wanted = Array.from({ length: LEARNERS }, (_, learner) => {
    const part = int(5) === 0 ? 1 : 0;
    // some have none, few have thousands, as learners do
    const length = int(10) === 0 ? 0 : int(int(100) === 0 ? 6000 : 60);
    const rows = parts[part]!;
    words[learner * 2] = rows.length;
    words[learner * 2 + 1] = ((part << 24) | length) >>> 0;
    const own = Array.from({ length }, (__, row) => learner * 6000 + row);
    rows.push(...own);
    return own;
  });
  for (const [part, rows] of parts.entries()) {
    const files = partFiles(folder, part);
    writeFileSync(files.rows, Uint32Array.from(rows));
    writeFileSync(
      files.entities,
      Uint32Array.from(rows, (row) => row + 1),
    );
  }
  writeFileSync(join(folder, PLACES_FILE), words);
  writeFileSync(join(folder, PARTS_FILE), JSON.stringify(parts.map((rows) => rows.length)));
  const files = new HistoryFiles(folder);
  const compare = (learner: number) => {
    const { rows, entities } = files.read(files.place(learner));
    assert.deepEqual([...rows], wanted[learner]);
    assert.deepEqual(
      [...entities],
      wanted[learner]!.map((row) => row + 1),
    );
  };
  try {
    for (let round = 0; round < 300; round += 1) {
      const [first, step, reads] = [int(LEARNERS), int(4), int(60)];
      for (let learner = first; learner < Math.min(first + reads * step, LEARNERS); learner += Math.max(step, 1))
        compare(learner);
      compare(int(LEARNERS));
      if (int(10) === 0) files.forget();
    }
    const scanned: number[][] = wanted.map(() => []);
    files.scan(0, LEARNERS, (learner, rows, from, to) => {
      scanned[learner] = [...rows.subarray(from, to)];
    });
    assert.deepEqual(scanned, wanted);
  } finally {
    files.close();
  }
});

test('of a file that is cut short while it is open nothing is told, also not what was read before', () => {
  const cut = join(folder, 'cut');
  mkdirSync(cut);
  const paths = partFiles(cut, 0);
  const rows = Uint32Array.from({ length: 100 }, (_, row) => row);
  writeFileSync(paths.rows, rows);
  writeFileSync(paths.entities, rows);
  writeFileSync(join(cut, PLACES_FILE), new Uint32Array([0, 100]));
  writeFileSync(join(cut, PARTS_FILE), '[100]');
  const files = new HistoryFiles(cut);
  try {
    assert.deepEqual([...files.read({ part: 0, offset: 0, length: 10 }).rows], [...rows.subarray(0, 10)]);
    truncateSync(paths.rows, 240);
    assert.throws(() => files.read({ part: 0, offset: 80, length: 10 }), /cut short/);
    assert.throws(() => files.read({ part: 0, offset: 55, length: 10 }), /cut short/);
  } finally {
    files.close();
  }
});
