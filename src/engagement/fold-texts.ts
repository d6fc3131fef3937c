import { keepLatest } from '../keep-latest.ts';
import type { Store } from '../store/store.ts';
import { foldSql } from './search-text.ts';

/**
 * What the engine makes of letters where that is not the letter itself: some 3,700 of those that texts can be folded by. Asked for once, with the
 * first text that is not ASCII: what the engine takes to answer anything is more than most searches take.
 */
let letterFolds: Promise<ReadonlyMap<string, string>> | null = null;
/** What the engine made of texts that are not folded by letters. */
const textFolds = new Map<string, string>();
const MOST_TEXTS = 65_536;
/** Longer texts are not kept: a term can have thousands of letters. */
const LONGEST_KEPT = 64;
/** So many letters at once: the text of a statement is limited. */
const PART = 4096;

/** Texts whose folds are those of their letters: without marks, and without what is put together with its neighbour, as Korean letters are. */
const APART =
  /^[[[\p{L}\p{N}\p{P}\p{S}\x20]&&[\0-\uFFFF]]--[\u1100-\u11FF\u3130-\u318F\uA960-\uA97F\uD7B0-\uD7FF\uFFA0-\uFFDC]]+$/v;
/** Ideographs and Korean syllables, which fold to themselves: forty thousand. */
const UNCHANGED = /[\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3]/;

/** The terms of a search as they stand in folded texts, each once. */
export async function foldTerms(store: Store, terms: readonly string[]): Promise<string[]> {
  const folded = await foldTexts(store, terms);
  return [...new Set(folded)].filter((term) => term !== '');
}

/** Each text as `foldSql` has it: by the engine, but for ASCII, of which it only lowers the letters. */
export async function foldTexts(store: Store, texts: readonly string[]): Promise<string[]> {
  const others = texts.filter((text) => !isAscii(text));
  if (others.length === 0) return texts.map((text) => text.toLowerCase());
  const letters = await (letterFolds ??= askLetters(store));
  const whole = await foldWhole(store, new Set(others.filter((text) => !APART.test(text))));
  const byLetters = (text: string) => Array.from(text, (letter) => letters.get(letter) ?? letter).join('');
  return texts.map((text) => (isAscii(text) ? text.toLowerCase() : (whole.get(text) ?? byLetters(text))));
}

/** Of texts that are folded in one piece. */
async function foldWhole(store: Store, texts: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const folds = new Map<string, string>();
  const unknown: string[] = [];
  for (const text of texts) {
    const fold = textFolds.get(text);
    if (fold === undefined) unknown.push(text);
    else folds.set(text, fold);
  }
  for (const [text, fold] of unknown.length === 0 ? [] : await askEngine(store, unknown)) {
    folds.set(text, fold);
    if (text.length <= LONGEST_KEPT) keepLatest(textFolds, text, fold, MOST_TEXTS);
  }
  return folds;
}

async function askLetters(store: Store): Promise<ReadonlyMap<string, string>> {
  try {
    const codes = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code));
    const letters = codes.filter((letter) => APART.test(letter) && !UNCHANGED.test(letter));
    const asked: Array<ReturnType<typeof askEngine>> = [];
    for (let start = 0; start < letters.length; start += PART)
      asked.push(askEngine(store, letters.slice(start, start + PART)));
    const folds = (await Promise.all(asked)).flat();
    return new Map(folds.filter(([letter, fold]) => letter !== fold));
  } catch (error) {
    // who searches next asks again
    letterFolds = null;
    throw error;
  }
}

/** Each text, and what it is folded. */
async function askEngine(
  store: Store,
  texts: readonly string[],
): Promise<Array<readonly [text: string, fold: string]>> {
  const [row] = await store.query<{ folded: string[] }>(
    `SELECT arrayMap(text -> ${foldSql('text')}, {texts:Array(String)}) AS folded`,
    { texts },
  );
  const folded = row?.folded ?? [];
  if (folded.length !== texts.length) throw new Error('the engine folded no texts');
  return texts.map((text, index) => [text, folded[index] ?? '']);
}

/** Whether foldings of it are its letters in lower case, one for one. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
