import type { Store } from '../store/store.ts';
import { foldSql } from './search-text.ts';

/** The terms of a search as they stand in folded texts, each once; by the engine, unless they are ASCII, of which it only lowers the letters. */
export async function foldTerms(store: Store, terms: readonly string[]): Promise<string[]> {
  const folded = terms.every(isAscii) ? terms.map((term) => term.toLowerCase()) : await askEngine(store, terms);
  return [...new Set(folded)].filter((term) => term !== '');
}

async function askEngine(store: Store, terms: readonly string[]): Promise<string[]> {
  const [row] = await store.query<{ folded: string[] }>(
    `SELECT arrayMap(term -> ${foldSql('term')}, {terms:Array(String)}) AS folded`,
    { terms },
  );
  if (row === undefined) throw new Error('the engine folded no terms');
  return row.folded;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
