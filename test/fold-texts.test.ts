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

/** The store, how often it is asked, and whether it answers. */
function watchStore() {
  const watched = { asked: 0, isAway: false };
  const counted = Object.assign(Object.create(store) as Store, {
    query: async (...question: Parameters<Store['query']>) => {
      watched.asked += 1;
      if (watched.isAway) throw new Error('away');
      return store.query(...question);
    },
  });
  return { watched, counted };
}

test('letters are asked for once, in parts, with the first text that has any; once more where the engine did not answer', async () => {
  const again = `../src/engagement/fold-texts.ts?${Date.now()}`;
  const { foldTexts: foldAnew } = (await import(again)) as { foldTexts: typeof foldTexts };
  const { watched, counted } = watchStore();
  assert.deepEqual(await foldAnew(counted, ['Ada', "O'B"]), ['ada', "o'b"]);
  assert.equal(watched.asked, 0);
  watched.isAway = true;
  await assert.rejects(foldAnew(counted, ['Ünal']), /away/);
  watched.isAway = false;
  watched.asked = 0;
  await Promise.all(['Ünal', 'Żółw', 'أحمد'].map(async (text) => foldAnew(counted, [text])));
  const parts = watched.asked;
  assert.ok(parts > 0 && parts < 10);
  assert.deepEqual(await foldAnew(counted, ['李Ä', '한É', 'Θ', 'ÆŁ']), ['李a', '한e', 'θ', 'ael']);
  assert.equal(watched.asked, parts);
});

test('what the engine made of texts is kept, but of long ones not', async () => {
  const { watched, counted } = watchStore();
  const [short, long] = ['jose\u0301'.repeat(2), 'jose\u0301'.repeat(2000)];
  for (let turn = 0; turn < 2; turn += 1) assert.deepEqual(await foldTexts(counted, [short]), ['josejose']);
  assert.equal(watched.asked, 1);
  for (let turn = 0; turn < 2; turn += 1) assert.deepEqual(await foldTexts(counted, [long]), ['jose'.repeat(2000)]);
  assert.equal(watched.asked, 3);
});
