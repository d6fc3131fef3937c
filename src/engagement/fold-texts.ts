import { keepLatest } from '../keep-latest.ts';
import type { Store } from '../store/store.ts';
import { foldSql } from './search-text.ts';

/** What the engine made of letters, and of texts that are not folded by letters: the same always, and asking takes longer than searching. */
const folds = new Map<string, string>();
const MOST_FOLDS = 65_536;
/** Longer texts are not kept: a term can have thousands of letters. */
const LONGEST_FOLD = 64;
/** Letters that are asked for together: as many as most scripts have. */
const PAGE = 256;
/** So many at once: the text of a statement is limited. */
const MOST_PAGES = 16;

/** Texts whose folds are those of their letters: without marks, and without what is put together with its neighbour, as Korean letters are. */
const APART =
  /^[[[\p{L}\p{N}\p{P}\p{S}\x20]&&[\0-\uFFFF]]--[\u1100-\u11FF\u3130-\u318F\uA960-\uA97F\uD7B0-\uD7FF\uFFA0-\uFFDC]]+$/v;

/** The terms of a search as they stand in folded texts, each once. */
export async function foldTerms(store: Store, terms: readonly string[]): Promise<string[]> {
  const folded = await foldTexts(store, terms);
  return [...new Set(folded)].filter((term) => term !== '');
}

/** Each text as `foldSql` has it: by the engine, but for ASCII, of which it only lowers the letters. */
export async function foldTexts(store: Store, texts: readonly string[]): Promise<string[]> {
  const known = new Map<string, string>();
  const unknown = new Set<string>();
  const split = texts.map(splitUnits);
  for (const units of split) {
    for (const unit of units ?? []) {
      const fold = folds.get(unit);
      if (fold === undefined) unknown.add(unit);
      else known.set(unit, fold);
    }
  }
  if (unknown.size > 0) {
    const pages = new Set([...unknown].filter((unit) => unit.length === 1 && APART.test(unit)).map(pageOf));
    const asked = [...new Set([...unknown, ...[...pages].slice(0, MOST_PAGES).flatMap(listLetters)])];
    const answers = await askEngine(store, asked);
    for (const [index, unit] of asked.entries()) {
      const fold = answers[index] ?? '';
      known.set(unit, fold);
      if (unit.length <= LONGEST_FOLD) keepLatest(folds, unit, fold, MOST_FOLDS);
    }
  }
  return texts.map((text, index) => split[index]?.map((unit) => known.get(unit) ?? '').join('') ?? text.toLowerCase());
}

/** What a text is folded by: itself or its letters; null for ASCII. */
function splitUnits(text: string): string[] | null {
  if (isAscii(text)) return null;
  return APART.test(text) ? Array.from(text) : [text];
}

function pageOf(letter: string): number {
  return Math.floor(letter.charCodeAt(0) / PAGE);
}

function listLetters(page: number): string[] {
  const letters = Array.from({ length: PAGE }, (_, index) => String.fromCharCode(page * PAGE + index));
  return letters.filter((letter) => APART.test(letter));
}

async function askEngine(store: Store, units: readonly string[]): Promise<string[]> {
  const [row] = await store.query<{ folded: string[] }>(
    `SELECT arrayMap(unit -> ${foldSql('unit')}, {units:Array(String)}) AS folded`,
    { units },
  );
  if (row?.folded.length !== units.length) throw new Error('the engine folded no texts');
  return row.folded;
}

/** Whether foldings of it are its letters in lower case, one for one. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
