import type { Store } from '../store/store.ts';
import { foldTexts } from './fold-texts.ts';
import type { Learner } from './learner.ts';

/** The fields that a search looks at. */
export const SEARCHED_FIELDS = ['username', 'name', 'email'] as const;

/** `[start, end)` in code points of the text as it stands, in order, apart from each other. */
export type Highlights = {
  readonly [field in (typeof SEARCHED_FIELDS)[number]]?: ReadonlyArray<readonly [number, number]>;
};

/** Letters with the marks on them, those of half a width too: what folding leaves together. Syllables of Korean letters are one too. */
const UNITS = /[^\p{M}\u1160-\u11FF\uFF9E\uFF9F][\p{M}\u1160-\u11FF\uFF9E\uFF9F]*|[\p{M}\u1160-\u11FF\uFF9E\uFF9F]+/gu;

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
  const units = [...new Set([...terms, ...texts.flatMap(splitUnits)])];
  const answers = await foldTexts(store, units);
  const folded = new Map(units.map((unit, index) => [unit, answers[index] ?? '']));
  const fold = (text: string) => folded.get(text) ?? '';
  const foldedTerms = terms.map(fold).filter((term) => term !== '');
  return learners.map((learner) =>
    Object.fromEntries(
      SEARCHED_FIELDS.map((field) => [field, findRanges(learner[field] ?? '', foldedTerms, fold)] as const).filter(
        ([, ranges]) => ranges.length > 0,
      ),
    ),
  );
}

function splitUnits(text: string): string[] {
  return text.match(UNITS) ?? [];
}

/** The ranges of `text` in which any of the folded terms occurs; those that touch are one. */
function findRanges(text: string, terms: readonly string[], fold: (unit: string) => string): Array<[number, number]> {
  // for each UTF-16 unit of the folded text, the code points of the letter that it came from
  const origins: Array<readonly [number, number]> = [];
  let plain = '';
  let start = 0;
  for (const unit of splitUnits(text)) {
    const end = start + Array.from(unit).length;
    const foldedUnit = fold(unit);
    plain += foldedUnit;
    origins.push(...Array.from({ length: foldedUnit.length }, () => [start, end] as const));
    start = end;
  }
  const found: Array<[number, number]> = [];
  for (const term of terms) {
    for (let at = plain.indexOf(term); at !== -1; at = plain.indexOf(term, at + 1)) {
      found.push([origins[at]?.[0] ?? 0, origins[at + term.length - 1]?.[1] ?? 0]);
    }
  }
  return mergeRanges(found);
}

function mergeRanges(ranges: ReadonlyArray<[number, number]>): Array<[number, number]> {
  const merged: Array<[number, number]> = [];
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}
