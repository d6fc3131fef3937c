import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCourseKey } from '../src/api/course-key.ts';
import { isCourseKeySql } from '../src/store/course-key-sql.ts';
import { openTempStore } from './temp-store.ts';

const STEP = 2048;
/** What Unicode has of the letters, marks and digits that the engine does not know yet. */
const MOST_UNKNOWN = 100;

test('a key may be of as many letters for the API as for ingest, whatever they take', async () => {
  const store = await openTempStore();
  for (const letter of ['x', 'é', '語', '𐐀']) {
    const longest = 255 - 'course-v1:A++C'.length;
    for (const [length, isKey] of [
      [longest, true],
      [longest + 1, false],
    ] as const) {
      const key = `course-v1:A+${letter.repeat(length)}+C`;
      const taken = await store.query(`SELECT toBool(${isCourseKeySql('{key:String}')}) AS isKey`, { key });
      assert.deepEqual(taken, [{ isKey }], `${length} times ${letter}`);
      assert.equal(parseCourseKey(key) !== null, isKey, `${length} times ${letter}`);
    }
  }
});

test('what is a course key for ingest is one for the API, whatever the script', async () => {
  const store = await openTempStore();
  const unknown: string[] = [];
  for (let base = 0x21; base < 0xd800; base += STEP) {
    const letters = Array.from({ length: Math.min(STEP, 0xd800 - base) }, (_, at) => String.fromCodePoint(base + at));
    const keys = letters.map((letter) => `course-v1:A+${letter}x+C`);
    const rows = await store.query<{ isKey: boolean }>(
      `SELECT toBool(${isCourseKeySql('key')}) AS isKey FROM (SELECT arrayJoin({keys:Array(String)}) AS key)`,
      { keys },
    );
    assert.equal(rows.length, keys.length);
    for (const [at, { isKey }] of rows.entries()) {
      const isKeyOfApi = parseCourseKey(keys[at]!) !== null;
      if (isKeyOfApi && !isKey) unknown.push(letters[at]!);
      assert.ok(isKeyOfApi || !isKey, `U+${letters[at]!.codePointAt(0)!.toString(16)} is taken in`);
    }
  }
  assert.ok(unknown.length < MOST_UNKNOWN, `${unknown.length} letters are refused: ${unknown.join(' ')}`);
});
