import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { foldTerms, foldTexts } from '../src/engagement/fold-texts.ts';
import { foldSql } from '../src/engagement/search-text.ts';
import type { Store } from '../src/store/store.ts';
import { openTempStore } from './temp-store.ts';

let store: Store;

before(async () => {
  store = await openTempStore();
});

after(async () => store.close());

/** As the engine folds texts that a roster is searched in. */
async function askEngine(texts: readonly string[]): Promise<string[]> {
  const [row] = await store.query<{ folded: string[] }>(
    `SELECT arrayMap(text -> ${foldSql('text')}, {texts:Array(String)}) AS folded`,
    { texts },
  );
  return row!.folded;
}

test('a text is folded as the engine folds it, whatever its letters', async () => {
  const texts = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code))
    .filter((letter) => !/\p{Cs}/u.test(letter))
    .map((letter) => `a${letter}`);
  // the text of a statement is limited
  for (let start = 0; start < texts.length; start += 4000) {
    const some = texts.slice(start, start + 4000);
    assert.deepEqual(await foldTexts(store, some), await askEngine(some));
  }
});

test('so are letters beside each other', async () => {
  let seed = 5;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7f_ff_ff_ff;
    return (seed >>> 8) % below;
  };
  // letters of scripts that have marks, vowels or syllables that are put together, and their widths
  const starts = [0x41, 0xc0, 0x370, 0x400, 0x5d0, 0x620, 0x900, 0x9a0, 0xb90, 0xe00, 0x1100, 0x1ea0, 0x2160, 0x3040];
  const more = [0x3130, 0xac00, 0xff10, 0xff66, 0xffa0, 0x300, 0x3099, 0x200b];
  const letter = () => String.fromCharCode([...starts, ...more][random(starts.length + more.length)]! + random(64));
  const texts = Array.from({ length: 4000 }, () => Array.from({ length: 1 + random(6) }, letter).join(''));
  assert.deepEqual(await foldTexts(store, texts), await askEngine(texts));
});

test('what is not seen, widths, case and accents are no part of a term; what is nothing then is none', async () => {
  const terms = [
    'Łucja',
    'ＬＵＣＪＡ',
    'lu\u200Bcja',
    'علی\u200Cرضا',
    'أحمـــد',
    '\u200D',
    'Ｗｉｄｔｈ',
    'ß',
    '\u0301',
  ];
  assert.deepEqual(await foldTerms(store, terms), ['lucja', 'علیرضا', 'احمد', 'width', 'ss']);
});

test('what the engine made of texts is kept, but of long ones not', async () => {
  let asked = 0;
  const counted = Object.assign(Object.create(store) as Store, {
    query: async (...question: Parameters<Store['query']>) => {
      asked += 1;
      return store.query(...question);
    },
  });
  const [short, long] = ['jose\u0301'.repeat(2), 'jose\u0301'.repeat(2000)];
  for (let turn = 0; turn < 2; turn += 1) assert.deepEqual(await foldTexts(counted, [short]), ['josejose']);
  assert.equal(asked, 1);
  for (let turn = 0; turn < 2; turn += 1) assert.deepEqual(await foldTexts(counted, [long]), ['jose'.repeat(2000)]);
  assert.equal(asked, 3);
});
