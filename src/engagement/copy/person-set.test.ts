import assert from 'node:assert/strict';
import test from 'node:test';
import { PersonSet } from './person-set.ts';

/** Of so many persons, every nth from the first on. */
const everyNth = (count: number, nth: number) =>
  Uint32Array.from({ length: Math.ceil(count / nth) }, (_, index) => index * nth);

for (const [count, nth] of [
  [0, 1],
  [1, 1],
  [32, 1],
  [100, 3],
  [1000, 1],
  [1000, 31],
  [1000, 33],
  [4096, 200],
] as const) {
  test(`every ${nth} of ${count} persons are the same as a list and as bits`, () => {
    const list = everyNth(count, nth);
    const set = new PersonSet(list, count);
    const all = everyNth(count, 1);
    for (const found of [all, everyNth(count, 7), new Uint32Array(), list]) {
      const wanted = [...found].filter((person) => person % nth === 0);
      assert.deepEqual([...set.keep(found, new Uint32Array(count))], wanted);
      const same = found.slice();
      assert.deepEqual([...set.keep(same, same)], wanted);
    }
    assert.deepEqual([...set.list()], [...list]);
    assert.deepEqual([...set.list(new Uint32Array(count + 9))], [...list]);
    for (const offset of [0, 1, 25, 31, 32, 33, Math.max(0, list.length - 1), list.length, list.length + 40]) {
      for (const limit of [0, 1, 7, 25, 100, count]) {
        const page = set.page({ offset, limit });
        assert.deepEqual(page, list.slice(offset, offset + limit), `${offset} ${limit}`);
      }
    }
    assert.equal(set.size, list.length);
    // as bits alone, where that is less
    const words = Math.ceil(count / 32);
    assert.equal(set.bytes, 4 * (list.length > words ? words : words + list.length));
  });

  test(`who is in another set too is found among every ${nth} of ${count} persons, as lists and as bits`, () => {
    for (const other of [1, 7, 64]) {
      const wanted = [...everyNth(count, nth)].filter((person) => person % other === 0);
      const [set, others] = [new PersonSet(everyNth(count, nth), count), new PersonSet(everyNth(count, other), count)];
      const into = new Uint32Array(count);
      assert.deepEqual([...set.both(others, into)], wanted);
      // from now on bits, and those alone where that is less
      set.keep(everyNth(count, 1), new Uint32Array(count));
      assert.deepEqual([...set.both(others, into)], wanted);
      assert.deepEqual([...others.both(set, into)], wanted);
    }
  });
}

/** Persons who stand together: so many from each of the places on. */
const groups = (size: number, ...places: readonly number[]) =>
  Uint32Array.from(places.flatMap((place) => Array.from({ length: size }, (_, index) => place + index)));

test('who is in another set too is found where persons stand together, in the one or in both', () => {
  const count = 40_000;
  const sets = {
    together: groups(100, 31, 500, 9000, 39_900),
    besides: groups(70, 0, 590, 9050, 20_000),
    apart: everyNth(count, 50),
    most: everyNth(count, 2),
    nobody: new Uint32Array(),
  };
  const into = new Uint32Array(count);
  for (const [name, list] of Object.entries(sets)) {
    for (const [otherName, other] of Object.entries(sets)) {
      const wanted = [...list].filter((person) => other.includes(person));
      const [set, others] = [new PersonSet(list, count), new PersonSet(other, count)];
      // the second time with what was made for the first
      for (const _ of [1, 2]) assert.deepEqual([...set.both(others, into)], wanted, `${name}, ${otherName}`);
      assert.deepEqual([...others.both(set, into)], wanted, `${otherName}, ${name}`);
      assert.deepEqual([...set.list()], [...list]);
    }
  }
  const set = new PersonSet(sets.together, count);
  const before = set.bytes;
  set.both(new PersonSet(sets.besides, count), into);
  assert.equal(set.bytes - before, 8 * new Set(sets.together.map((person) => person >>> 5)).size);
});
