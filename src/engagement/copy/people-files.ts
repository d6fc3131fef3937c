import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILE_FIELDS } from '../learner.ts';
import { readChunks, readLength, readRecords, readWords, writeAll } from './binary-files.ts';
import { GramBuilder, SEGMENT } from './gram-index.ts';

/** What the engine writes about the persons of a snapshot, in the order of their usernames. */
export const PEOPLE_EXPORTS = {
  /** A JSON array of the profile on a line. */
  docs: 'docs.jsonl',
  /** What is searched: a text as RowBinary has it, after its length. */
  texts: 'texts.rowbinary',
  /** In the order of the name, four words each: number, whether there is none, and a hash of it. */
  nameOrder: 'name.order',
  emailOrder: 'email.order',
} as const;

/** The values of a profile. */
export const PERSON_FIELDS = ['username', 'user_id', 'name', 'email', ...PROFILE_FIELDS] as const;

/** What readers of a copy open besides the docs. Offsets are 64-bit floats, one more than there are persons; ranks 32 bits. */
export const PEOPLE_FILES = {
  docOffsets: 'docs.offsets',
  /** Of this name since `foldSql` folds as it does: files of before are made anew. */
  texts: 'texts.3',
  textOffsets: 'texts.offsets',
  nameRanks: 'name.ranks',
  emailRanks: 'email.ranks',
} as const;

/** The lists are of this name since they tell places: files of before are made anew. */
export function gramFiles(segment: number) {
  const name = (what: string) => `grams-${segment}.${what}`;
  return { grams: name('keys'), starts: name('starts'), lists: name('lists.2') };
}

const NEWLINE = 10;

interface PeopleStep {
  readonly folder: string;
  /** Persons. */
  readonly count: number;
}

/**
 * Makes the files of `PEOPLE_FILES` but for the texts from those of `PEOPLE_EXPORTS` in a folder.
 * @throws Error where the exports do not fit together, or the system cannot write
 */
export function rankPeople({ folder, count }: PeopleStep): void {
  const path = (name: string) => join(folder, name);
  writeFileSync(path(PEOPLE_FILES.docOffsets), findLines(path(PEOPLE_EXPORTS.docs), count));
  writeFileSync(path(PEOPLE_FILES.nameRanks), readRanks(path(PEOPLE_EXPORTS.nameOrder), count));
  writeFileSync(path(PEOPLE_FILES.emailRanks), readRanks(path(PEOPLE_EXPORTS.emailOrder), count));
}

function findLines(path: string, count: number): Float64Array {
  const offsets = new Float64Array(count + 1);
  let [line, start] = [0, 0];
  for (const chunk of readChunks(path)) {
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) {
      line += 1;
      offsets[line] = start + at + 1;
    }
    start += chunk.length;
  }
  requireCount(path, line, count);
  return offsets;
}

/** Kept for the next persons: as large as it is, the collector would look at everything for each of many small courses. */
let unused: GramBuilder | undefined;

/**
 * Writes the searched texts without the lengths between them, and the index of each segment of them. Of a
 * million persons, it takes about three seconds and 250 MB of memory.
 * @throws Error where the exports do not fit together, or the system cannot write
 */
export function indexTexts({ folder, count }: PeopleStep): void {
  const offsets = new Float64Array(count + 1);
  const builder = unused ?? new GramBuilder();
  // one that failed is not used again
  unused = undefined;
  const out = openSync(join(folder, PEOPLE_FILES.texts), 'w');
  let [seen, segment] = [0, 0];
  let texts: Buffer[] = [];
  const flush = () => {
    const bytes = Buffer.concat(texts);
    const first = seen - texts.length;
    const start = offsets[first]!;
    const local = Float64Array.from(offsets.subarray(first, seen + 1), (offset) => offset - start);
    const { grams, starts, lists } = builder.build(bytes, local, texts.length);
    const files = gramFiles(segment);
    for (const [name, words] of [
      [files.grams, grams],
      [files.starts, starts],
      [files.lists, lists],
    ] as const)
      writeFileSync(join(folder, name), words);
    writeAll(out, bytes);
    segment += 1;
    texts = [];
  };
  try {
    for (const { text } of readRecords(join(folder, PEOPLE_EXPORTS.texts), 'text', readText)) {
      if (seen === count) break;
      texts.push(text);
      seen += 1;
      offsets[seen] = offsets[seen - 1]! + text.length;
      if (texts.length === SEGMENT) flush();
    }
    if (texts.length > 0) flush();
    unused = builder;
  } finally {
    closeSync(out);
  }
  requireCount(PEOPLE_EXPORTS.texts, seen, count);
  writeFileSync(join(folder, PEOPLE_FILES.textOffsets), offsets);
}

/** The place of each person in an order, the same for equal keys; the highest number for those without a key. */
function readRanks(path: string, count: number): Uint32Array {
  const ranks = new Uint32Array(count);
  const words = readWords(path);
  requireCount(path, words.length / 4, count);
  let rank = 0;
  for (let at = 0; at < words.length; at += 4) {
    if (at > 0 && (words[at + 2] !== words[at - 2] || words[at + 3] !== words[at - 1])) rank += 1;
    ranks[words[at]!] = words[at + 1] === 0 ? rank : 0xff_ff_ff_ff;
  }
  return ranks;
}

/** A text after its length, as `PEOPLE_EXPORTS.texts` has them; null where it is not there as a whole. */
export function readText(bytes: Buffer, at: number): { readonly text: Buffer; readonly end: number } | null {
  const length = readLength(bytes, at);
  if (length === null || length.end + length.value > bytes.length) return null;
  const end = length.end + length.value;
  return { text: bytes.subarray(length.end, end), end };
}

function requireCount(path: string, found: number, count: number): void {
  if (found !== count) throw new Error(`${path} is about ${found} persons, not ${count}`);
}
