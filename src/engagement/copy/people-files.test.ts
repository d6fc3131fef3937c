import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { makeTempFolder } from '../../../test/temp-store.ts';
import { SEGMENT, coverTerm } from './gram-index.ts';
import { PEOPLE_EXPORTS, PEOPLE_FILES, gramFiles, indexTexts, rankPeople } from './people-files.ts';
import { LoadedFiles } from './loaded-files.ts';
import { findNear } from './near-persons.ts';
import { People } from './people.ts';
import { TextSearch } from './text-search.ts';

const { folder, write } = makeTempFolder();
let made = 0;

/** Persons as the engine exports them: usernames in order, each with a text to search in. */
function openPeople(texts: readonly string[], names: ReadonlyArray<string | null> = texts): People {
  made += 1;
  const place = `people-${made}`;
  const usernames = texts.map((_, index) => `u${String(index).padStart(7, '0')}`);
  write(
    join(place, PEOPLE_EXPORTS.docs),
    usernames.map((name, index) => `${JSON.stringify([name, index, 'é\n'])}\n`).join(''),
  );
  const path = join(folder, place, PEOPLE_EXPORTS.texts);
  writeFileSync(
    path,
    Buffer.concat(texts.flatMap((text) => [formatLength(Buffer.byteLength(text)), Buffer.from(text)])),
  );
  const order = names
    .map((name, index) => ({ name, index }))
    .toSorted((a, b) => (a.name === null ? 1 : 0) - (b.name === null ? 1 : 0) || compare(a.name ?? '', b.name ?? ''));
  const words = order.flatMap(({ name, index }) => [index, name === null ? 1 : 0, hash(name ?? ''), 7]);
  for (const file of [PEOPLE_EXPORTS.nameOrder, PEOPLE_EXPORTS.emailOrder])
    write(join(place, file), new Uint8Array(Uint32Array.from(words).buffer));
  indexTexts({ folder: join(folder, place), count: texts.length });
  rankPeople({ folder: join(folder, place), count: texts.length });
  return new People(join(folder, place), texts.length);
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function hash(text: string): number {
  let sum = 0;
  for (const unit of text) sum = (sum * 31 + (unit.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

function formatLength(length: number): Buffer {
  const bytes: number[] = [];
  for (let rest = length; ; rest >>>= 7) {
    bytes.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) return Buffer.from(bytes);
  }
}

function findPlainly(texts: readonly string[], ...terms: readonly string[]): number[] {
  return texts.flatMap((text, index) => (terms.every((term) => text.includes(term)) ? [index] : []));
}

describe('a search finds what a look at every text finds', () => {
  test('for one or several terms of any length, in several scripts, over and over', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
      return seed % below;
    };
    const letters = ['a', 'b', 'ab', 'é', 'ß', '李', '😀', '1', '_', '.', '@', '%', '*', "'"];
    const word = (length: number) => Array.from({ length }, () => letters[random(letters.length)]).join('');
    const texts = Array.from({ length: 3000 }, () => `${word(random(9))}\n${word(random(9))}\n${word(random(140))}`);
    const people = openPeople(texts);
    for (let round = 0; round < 400; round += 1) {
      const terms = Array.from({ length: 1 + random(3) }, () => word(1 + random(round % 3 === 0 ? 3 : 6)));
      assert.deepEqual([...people.search(terms).list()], findPlainly(texts, ...terms), terms.join(' '));
    }
    people.close();
  });

  test('not across the end of a field or of a text', () => {
    const people = openPeople(['ab\ncd\nef', 'gh\n\n']);
    assert.deepEqual([...people.search(['bc']).list()], []);
    assert.deepEqual([...people.search(['fgh']).list()], []);
    assert.deepEqual([...people.search(['cd']).list()], [0]);
    people.close();
  });

  test('once in each text, however often it stands there', () => {
    const texts = ['mariamaria\n\n', 'marimaria', 'marimari', 'arima', 'mar\nari', 'aaaaaaa', `${'mari'.repeat(90)}a`];
    const people = openPeople(texts);
    for (const term of ['mari', 'maria', 'ariam', 'aaaa', 'aaaaa']) {
      const found = people.search([term]);
      assert.deepEqual([found.size, [...found.list()]], [found.list().length, findPlainly(texts, term)], term);
    }
    people.close();
  });

  test('in every segment of the index, also where most have it', () => {
    const texts = Array.from({ length: SEGMENT + 1000 }, (_, index) => `x${index % 1000}y\n\nsame.example`);
    const people = openPeople(texts);
    for (const term of ['x99', 'x999y', 'y', 'ame.ex', 'xx'])
      assert.equal(people.search([term]).size, findPlainly(texts, term).length, term);
    assert.deepEqual([...people.search(['x1y']).list()], findPlainly(texts, 'x1y'));
    assert.deepEqual([...people.search(['same', 'x1y']).list()], findPlainly(texts, 'x1y'));
    assert.deepEqual([...people.search(['x9', 'y', '99']).list()], findPlainly(texts, 'x9', '99'));
    people.close();
  });
});

test('the lists of a term have each byte of it, and are the shortest that do; a term as long as an address may be takes no time', () => {
  let seed = 3;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 200; round += 1) {
    const lengths = Array.from({ length: 1 + random(9) }, () => random(20));
    const sums = Array.from({ length: 2 ** lengths.length }, (_sum, some) =>
      lengths.flatMap((_length, at) => ((some >> at) & 1 ? [at] : [])),
    )
      .filter((places) => new Set(places.flatMap((at) => [at, at + 1, at + 2])).size === lengths.length + 2)
      .map((places) => places.reduce((sum, at) => sum + lengths[at]!, 0));
    const cover = coverTerm(lengths);
    assert.equal(new Set(cover.flatMap((at) => [at, at + 1, at + 2])).size, lengths.length + 2);
    assert.equal(
      cover.reduce((sum, at) => sum + lengths[at]!, 0),
      Math.min(...sums),
      lengths.join(' '),
    );
  }
  const people = openPeople(['a'.repeat(200), 'b'.repeat(200)]);
  const start = performance.now();
  assert.deepEqual([...people.search(['a'.repeat(30_000)]).list()], []);
  assert.ok(performance.now() - start < 1000);
  people.close();
});

function readDoc(people: People, person: number): unknown {
  const { bytes, start, end } = people.docs(person, person + 1)(0);
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end)));
}

test('profiles that are no UTF-8 are told with what is not replaced', () => {
  openPeople(['', '', '']).close();
  const docs = ['["a", 1, "b"]\n', '["\u00EF\u00BF", 2, "\u00FFx"]\n', '["z", 3, null]\n'];
  writeFileSync(join(folder, `people-${made}`, PEOPLE_EXPORTS.docs), Buffer.from(docs.join(''), 'latin1'));
  rankPeople({ folder: join(folder, `people-${made}`), count: 3 });
  const people = new People(join(folder, `people-${made}`), 3);
  assert.deepEqual(readDoc(people, 1), ['\uFFFD', 2, '\uFFFDx']);
  const docsOf = people.docs(0, 3);
  for (const [person, doc] of [
    ['a', 1, 'b'],
    ['\uFFFD', 2, '\uFFFDx'],
    ['z', 3, null],
  ].entries()) {
    const { bytes, start, end } = docsOf(person);
    assert.equal(bytes.toString('utf8', start, end).trim(), JSON.stringify(doc).replaceAll(',', ', '));
  }
  people.close();
});

test('persons are found by username, and no others', () => {
  const people = openPeople(Array.from({ length: 1000 }, () => ''));
  for (let person = 0; person < 1000; person += 7) {
    assert.equal(people.find(`u${String(person).padStart(7, '0')}`), person);
    assert.deepEqual(readDoc(people, person), [`u${String(person).padStart(7, '0')}`, person, 'é\n']);
  }
  for (const name of ['', 'a', 'u', 'u00000011', 'v', '\uFFFD']) assert.equal(people.find(name), -1, name);
  people.close();
});

test('persons are found by usernames with any letters', () => {
  const letters = ['"', 'a"b', 'a\\', 'a\\"', 'b\n', 'é', 'ÿ', '李', '😀'];
  const names = letters.flatMap((text) => [...Array(20).keys()].map((index) => `${text}${index}`)).toSorted(compare);
  openPeople(names.map(() => '')).close();
  const place = join(folder, `people-${made}`);
  writeFileSync(join(place, PEOPLE_EXPORTS.docs), names.map((name) => `${JSON.stringify([name, null])}\n`).join(''));
  rankPeople({ folder: place, count: names.length });
  const people = new People(place, names.length);
  for (const [person, name] of names.entries()) assert.equal(people.find(name), person, name);
  for (const name of ['', '"', 'a', 'a\\"', '李20', '😀😀']) assert.equal(people.find(name), -1, name);
  people.close();
});

test('whatever was read of persons is told as memory, and given back', () => {
  const people = openPeople(Array.from({ length: 1000 }, (_, index) => `learner${index}`));
  assert.equal(people.bytes, 0);
  const sizes = [() => people.find('u0000777'), () => people.docs(0, 1000), () => people.search(['learner7'])].map(
    (read) => {
      read();
      return people.bytes;
    },
  );
  // each of them takes more
  for (const [index, bytes] of sizes.entries()) assert.ok(bytes > (sizes[index - 1] ?? 0), sizes.join(' '));
  people.forget();
  assert.equal(people.bytes, 0);
  assert.equal(people.find('u0000777'), 777);
  people.close();
});

test('ranks are the same for the same name, and the highest without one', () => {
  const people = openPeople(['', '', '', '', ''], ['b', null, 'a', 'b', null]);
  assert.deepEqual([...people.readNameRanks()], [1, 0xff_ff_ff_ff, 0, 1, 0xff_ff_ff_ff]);
  people.close();
});

test('exports that do not fit together are refused', () => {
  const texts = ['a', 'b'];
  openPeople(texts).close();
  assert.throws(() => rankPeople({ folder: join(folder, `people-${made}`), count: 3 }), /is about 2 persons, not 3/);
  assert.throws(() => indexTexts({ folder: join(folder, `people-${made}`), count: 3 }), /is about 2 persons, not 3/);
});

test('of an index that is cut short nothing is told', () => {
  openPeople(Array.from({ length: 1000 }, (_, index) => `learner${index}`)).close();
  const place = join(folder, `people-${made}`);
  const files = [PEOPLE_FILES.texts, PEOPLE_FILES.textOffsets, ...Object.values(gramFiles(0))];
  for (const file of files) {
    const whole = readFileSync(join(place, file));
    const search = new TextSearch(place, 1000, new LoadedFiles(place));
    truncateSync(join(place, file), 8);
    if (file === gramFiles(0).lists) assert.throws(() => search.search(['learner7']), /cut short/);
    search.close();
    assert.throws(() => new TextSearch(place, 1000, new LoadedFiles(place)), /bytes, not/, file);
    writeFileSync(join(place, file), whole);
  }
});

test('what was found of a term is kept, in no more memory than it may take, and is found again without it', () => {
  const texts = Array.from({ length: 5000 }, (_, index) => `name${index % 50} x${index % 7}y\nlearner${index}\n`);
  openPeople(texts).close();
  const place = join(folder, `people-${made}`);
  const search = new TextSearch(place, texts.length, new LoadedFiles(place), 10_000);
  let most = 0;
  for (let round = 0; round < 300; round += 1) {
    const terms = [
      `name${round % 50}`,
      ...(round % 3 === 0 ? ['y', `x${round % 7}`] : []),
      ...(round % 5 === 0 ? ['learner'] : []),
    ];
    assert.deepEqual([...search.search(terms).list()], findPlainly(texts, ...terms), terms.join(' '));
    most = Math.max(most, search.bytes);
  }
  // the latest term stays whatever it takes: all, or a bit each; and so does where two lists are read, put together and made shorter
  assert.ok(most > 5000 && most <= 10_000 + 3 * texts.length * 4 + texts.length * 5, `${most} bytes`);
  search.forget();
  assert.equal(search.bytes, 0);
  assert.deepEqual([...search.search(['x3y']).list()], findPlainly(texts, 'x3y'));
  search.close();
});

test('terms that nobody has, or few, do not stay forever, also not as the bits by which they are joined', () => {
  const texts = Array.from({ length: 5000 }, (_, index) => `learner${index}\n\n`);
  openPeople(texts).close();
  const place = join(folder, `people-${made}`);
  const search = new TextSearch(place, texts.length, new LoadedFiles(place), 20_000);
  const few = Array.from({ length: 30 }, (_, index) => `er${100 + index}`);
  const sizes: number[] = [];
  const ask = (...terms: readonly string[]) => {
    assert.deepEqual([...search.search(terms).list()], findPlainly(texts, ...terms));
    sizes.push(search.bytes);
  };
  // where lists are put together, and two of them
  const working = texts.length * 6;
  for (let round = 0; round < 100; round += 1) ask(`nobody${round}`);
  // all of them take something, and not more than may be kept
  assert.ok(sizes.every((bytes, index) => bytes >= Math.min(index, 10) * 500 && bytes <= 20_000 + working));
  for (const term of few) ask(term);
  for (const term of few) for (const other of few) ask(term, other);
  // and where lists are made shorter, for eleven
  assert.ok(Math.max(...sizes) <= 20_000 + working + 11 * 4, `${Math.max(...sizes)} bytes`);
  search.close();
});

test('terms that are let go while others are held against them are not counted any more', () => {
  const texts = Array.from({ length: 5000 }, (_, index) => `learner${index}\n\n`);
  openPeople(texts).close();
  const place = join(folder, `people-${made}`);
  const search = new TextSearch(place, texts.length, new LoadedFiles(place), 1);
  const sizes = Array.from({ length: 50 }, (_, index) => {
    const terms = [`er${10 + (index % 2)}`, `r${10 + (index % 2)}`];
    assert.deepEqual([...search.search(terms).list()], findPlainly(texts, ...terms));
    return search.bytes;
  });
  // each time the latest alone
  assert.deepEqual(sizes.slice(-2), sizes.slice(2, 4));
  search.close();
});

test('what is found takes no more memory than it has persons', () => {
  const texts = Array.from({ length: 5000 }, (_, index) => `learner${index}\n\n`);
  const people = openPeople(texts);
  for (const terms of [['learner'], ['ner', '77'], ['learner', '4321'], ['r1', '23', '9'], ['learner', 'nobody']]) {
    const found = people.search(terms);
    assert.ok(found.bytes <= found.size * 4, `${terms.join(' ')}: ${found.bytes} bytes`);
  }
  people.close();
});

test('profiles close to each other are read together, in whatever order; those far away are not', () => {
  const people = openPeople(Array.from({ length: 40_000 }, () => ''));
  const near = (...numbers: readonly number[]) => findNear(people, Uint32Array.from(numbers), 0);
  assert.deepEqual(near(7), { first: 7, end: 8, isAll: true });
  assert.deepEqual(near(39_999), { first: 39_999, end: 40_000, isAll: true });
  assert.deepEqual(near(7, 9, 200), { first: 7, end: 201, isAll: true });
  assert.deepEqual(near(200, 9, 100, 7), { first: 7, end: 201, isAll: true });
  assert.deepEqual(near(7, 9, 30_000, 10), { first: 7, end: 10, isAll: false });
  assert.deepEqual(near(30_000, 7, 9), { first: 30_000, end: 30_001, isAll: false });
  assert.deepEqual(findNear(people, Uint32Array.of(30_000, 7, 9), 1), { first: 7, end: 10, isAll: false });
  // not without end
  const { first, end, isAll } = near(...Array.from({ length: 400 }, (_, index) => index * 100));
  assert.ok(people.bytesOf(first, end) <= 262_144 && people.bytesOf(first, end + 100) > 262_144 && !isAll);
  people.close();
});
