import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { makeTempFolder, openTempStore } from '../../test/temp-store.ts';
import { type LogPlace, LogPlaces, START, hashMark } from './log-places.ts';

const DAY_MS = 86_400_000;
const { write } = makeTempFolder();

/** The place at the end of a file of this text. */
function endOf(text: string): LogPlace {
  const bytes = Buffer.from(text);
  const mark = hashMark(bytes);
  return { head_bytes: bytes.length, head: mark, bytes: bytes.length, last: mark, crc: 0 };
}

test('places are known for as long as the store has them, and then no more, whoever has them in memory', async () => {
  const store = await openTempStore();
  let now = Date.now();
  const places = await LogPlaces.load(store, () => now);
  const [old, rotated, growing] = ['old\n', 'rotated\n', 'growing for long\n'].map(endOf) as [
    LogPlace,
    LogPlace,
    LogPlace,
  ];
  for (const place of [old, growing]) places.note(place, START);
  await places.save(store);
  now += 100 * DAY_MS;
  places.note(rotated, START);
  places.note(growing, START);
  await places.save(store);
  const known = (those: LogPlaces) => [old, rotated, growing].map((place) => those.knows(place));
  assert.deepEqual(known(places), [true, true, true]);
  now += 21 * DAY_MS;
  places.note(endOf('new\n'), START);
  assert.deepEqual(known(places), [false, true, true]);
  assert.deepEqual(known(await LogPlaces.load(store, () => now)), [false, true, true]);
});

test('a file is continued at the furthest place that fits, by however many bytes that begins', async () => {
  const store = await openTempStore();
  const places = await LogPlaces.load(store);
  const text = 'one line\nanother line\na third\n';
  const [short, long] = [endOf('one line\n'), endOf('one line\nanother line\n')];
  for (const place of [short, long, endOf('something else\n'), endOf(`${text}more than there is\n`)])
    places.note(place, START);
  const file = await open(write('growing.log', text));
  try {
    assert.deepEqual(await places.find(file, text.length), long);
    assert.deepEqual(await places.find(file, short.bytes), short);
    assert.deepEqual(await places.find(file, 3), START);
  } finally {
    await file.close();
  }
});
