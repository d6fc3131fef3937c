import { setImmediate as takeTurns } from 'node:timers/promises';
import type { Store } from '../store/store.ts';
import { foldTexts, isAscii } from './fold-texts.ts';
import type { Learner } from './learner.ts';

/** The fields that a search looks at. */
export const SEARCHED_FIELDS = ['username', 'name', 'email'] as const;

/** `[start, end)` in code points of the text as it stands, in order, apart from each other. */
export type Highlights = {
  readonly [field in (typeof SEARCHED_FIELDS)[number]]?: ReadonlyArray<readonly [number, number]>;
};

/** Letters with the marks on them, those of half a width too: what folding leaves together. Syllables of Korean letters are one too. */
const UNITS = /[^\p{M}\u1160-\u11FF\uFF9E\uFF9F][\p{M}\u1160-\u11FF\uFF9E\uFF9F]*|[\p{M}\u1160-\u11FF\uFF9E\uFF9F]+/gu;

/** Learners in whom is looked before others have their turn: some milliseconds. */
const PART = 100;

/**
 * Where the terms of a search occur in each learner. Folding changes lengths (`ß` is found by `ss`, `é` may be two code
 * points), so each letter is folded by itself, and what is found is traced back to whole letters.
 */
export async function highlightLearners(
  store: Store,
  learners: readonly Learner[],
  terms: readonly string[],
): Promise<readonly Highlights[]> {
  if (terms.length === 0) return learners.map(() => ({}));
  const texts = learners.flatMap((learner) => SEARCHED_FIELDS.map((field) => learner[field] ?? ''));
  const units = [...new Set([...terms, ...texts.filter((text) => !isAscii(text)).flatMap(splitUnits)])];
  const answers = await foldTexts(store, units);
  const folded = new Map(units.map((unit, index) => [unit, answers[index] ?? '']));
  const foldedTerms = terms.map((term) => folded.get(term) ?? '').filter((term) => term !== '');
  const found: Highlights[] = [];
  for (const learner of learners) {
    if (found.length % PART === PART - 1) await takeTurns();
    const highlights: { -readonly [Field in keyof Highlights]: Highlights[Field] } = {};
    for (const field of SEARCHED_FIELDS) {
      const ranges = findRanges(learner[field] ?? '', foldedTerms, folded);
      if (ranges.length > 0) highlights[field] = ranges;
    }
    found.push(highlights);
  }
  return found;
}

function splitUnits(text: string): string[] {
  return text.match(UNITS) ?? [];
}

/** The ranges of `text` in which any of the folded terms occurs; those that touch are one. */
function findRanges(
  text: string,
  terms: readonly string[],
  folded: ReadonlyMap<string, string>,
): Array<[number, number]> {
  const { plain, starts, ends } = foldLetters(text, folded);
  const covered = new Uint8Array(text.length);
  for (const term of terms) {
    for (let at = plain.indexOf(term); at !== -1; at = plain.indexOf(term, at + 1)) {
      const last = at + term.length - 1;
      covered.fill(1, starts?.[at] ?? at, ends?.[last] ?? last + 1);
    }
  }
  const ranges: Array<[number, number]> = [];
  for (let start = covered.indexOf(1); start !== -1;) {
    const end = covered.indexOf(0, start);
    ranges.push([start, end === -1 ? covered.length : end]);
    start = end === -1 ? -1 : covered.indexOf(1, end);
  }
  return ranges;
}

interface FoldedLetters {
  readonly plain: string;
  /** For each UTF-16 unit of it, where the letter that it came from starts and ends, in code points; absent: where it is itself. */
  readonly starts?: readonly number[];
  readonly ends?: readonly number[];
}

function foldLetters(text: string, folded: ReadonlyMap<string, string>): FoldedLetters {
  if (isAscii(text)) return { plain: text.toLowerCase() };
  const [starts, ends]: [number[], number[]] = [[], []];
  let plain = '';
  let start = 0;
  for (const unit of splitUnits(text)) {
    const end = start + Array.from(unit).length;
    plain += folded.get(unit) ?? '';
    while (starts.length < plain.length) {
      starts.push(start);
      ends.push(end);
    }
    start = end;
  }
  return { plain, starts, ends };
}
