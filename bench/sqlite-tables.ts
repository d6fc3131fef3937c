import { SEGMENTS, type Segment } from '../src/engagement/segments.ts';
import { SORTABLE } from './rival-columns.ts';

/**
 * A course as one file. The number of a learner is the place among the usernames, so that each index ends in the order that
 * breaks ties. What is filtered and sorted by is apart from the long answers. `search` has the runs of three bytes, with their places: to look at the texts instead takes twice as long.
 */
export const TABLES = `
CREATE TABLE learners (id INTEGER PRIMARY KEY, segments INT NOT NULL, ${SORTABLE.join(', ')}, username TEXT NOT NULL);
CREATE TABLE texts (id INTEGER PRIMARY KEY, search_text TEXT NOT NULL);
CREATE TABLE documents (id INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE timelines (id INTEGER PRIMARY KEY, days TEXT NOT NULL);
CREATE TABLE build (step TEXT NOT NULL, seconds REAL NOT NULL);
CREATE TABLE course (snapshot INT NOT NULL, learner_count INT NOT NULL, metadata TEXT NOT NULL);
CREATE VIRTUAL TABLE search USING fts5(bytes, content = '', columnsize = 0, tokenize = 'trigram case_sensitive 1');`;

export const INDEXES = [
  'CREATE UNIQUE INDEX learners_username ON learners (username)',
  ...SORTABLE.flatMap((column) =>
    [false, true].map(
      (descending) =>
        `CREATE INDEX learners_${column}_${descending ? 'desc' : 'asc'} ON learners (${orderTerms(column, descending).join(', ')})`,
    ),
  ),
  'PRAGMA analysis_limit = 1000',
  'ANALYZE',
];

/** The order of the contract but for the username, which is the number: total, null last ascending and first descending. */
export function orderTerms(column: string, descending: boolean): string[] {
  const [direction, opposite] = descending ? ['DESC', 'ASC'] : ['ASC', 'DESC'];
  const terms = [`${column} IS NULL ${direction}`, `${column} ${direction}`];
  return column === 'problem_attempts_per_completed' ? [...terms, `attempt_ratio_order ${opposite}`] : terms;
}

export function orderBy(column: string, descending: boolean): string {
  if (column === 'username') return `learners.id ${descending ? 'DESC' : 'ASC'}`;
  return [...orderTerms(column, descending), 'learners.id'].join(', ');
}

/** A bit per segment. */
export function packSegments(segments: readonly string[]): number {
  return segments.reduce((bits, segment) => bits | (1 << SEGMENTS.indexOf(segment as Segment)), 0);
}

/** The bytes of a text as characters, so that a Han character is a run of three as well, and can be looked for. */
export function spellBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
