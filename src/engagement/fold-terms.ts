import { keepLatest } from '../keep-latest.ts';
import type { Store } from '../store/store.ts';
import { foldSql } from './search-text.ts';

/** What the engine made of terms: the same always, and asking takes longer than searching. Those asked for first go first. */
const folds = new Map<string, string>();
const MOST_FOLDS = 10_000;

/** The terms of a search as they stand in folded texts, each once; by the engine, unless they are ASCII, of which it only lowers the letters. */
export async function foldTerms(store: Store, terms: readonly string[]): Promise<string[]> {
  const found = terms.map((term) => (isAscii(term) ? term.toLowerCase() : folds.get(term)));
  const unknown = terms.filter((_, index) => found[index] === undefined);
  const asked = unknown.length === 0 ? [] : await askEngine(store, unknown);
  for (const [index, term] of unknown.entries()) keepLatest(folds, term, asked[index] ?? '', MOST_FOLDS);
  const rest = asked.values();
  const folded = found.map((fold) => fold ?? rest.next().value ?? '');
  return [...new Set(folded)].filter((term) => term !== '');
}

async function askEngine(store: Store, terms: readonly string[]): Promise<string[]> {
  const [row] = await store.query<{ folded: string[] }>(
    `SELECT arrayMap(term -> ${foldSql('term')}, {terms:Array(String)}) AS folded`,
    { terms },
  );
  if (row?.folded.length !== terms.length) throw new Error('the engine folded no terms');
  return row.folded;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
