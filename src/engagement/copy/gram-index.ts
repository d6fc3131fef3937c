/**
 * Which texts hold a term: every run of one, two or three bytes of a text (a gram) leads to the numbers of the texts that
 * have it, as a list of differences in as few bytes as each needs. Those of three bytes tell where they stand in the text as well, so
 * that who has a longer term is known without a look at texts. Texts are indexed `SEGMENT` at a time, which bounds
 * the memory of building.
 */
export const SEGMENT = 262_144;

/** A place is a byte. In texts that are longer every gram stands at this one, which says no more than that. */
export const SOMEWHERE = 0xff;

/** Grams of three bytes come first, then those of two, then those of one. */
export const PAIRS = 0x1_00_00_00;
const SINGLES = PAIRS + 0x1_00_00;
const GRAMS = SINGLES + 0x1_00;

const NEWLINE = 10;

export interface GramSegment {
  /** The grams that occur, in ascending order. */
  readonly grams: Uint32Array;
  /** Where the list of each begins in `lists`, and after the last one its end. */
  readonly starts: Uint32Array;
  readonly lists: Uint8Array;
}

/** Builds segments one after the other, with the same working memory: 134 MB, of which only what is used is touched. */
export class GramBuilder {
  /** Per gram: the latest text that has it, plus one. */
  readonly #latest = new Uint32Array(GRAMS);
  /** Per gram: the bytes of its list; in the second pass where the next byte goes. */
  readonly #places = new Uint32Array(GRAMS);

  /** Indexes texts that stand one after the other in `bytes`, each from its offset to the next one's; at most `SEGMENT`. */
  build(bytes: Uint8Array, offsets: Float64Array, count: number): GramSegment {
    const [latest, places] = [this.#latest, this.#places];
    const used: number[] = [];
    let lists: Uint8Array | null = null;
    // functions for both passes, so that the compiler puts them in their place
    const note = (gram: number, text: number) => {
      const before = latest[gram]!;
      if (before !== text + 1) enter(gram, text, before);
    };
    const notePlace = (gram: number, text: number, place: number) => {
      const before = latest[gram]!;
      if (before === text + 1 && place === SOMEWHERE) return;
      const end = enter(gram, text, before);
      if (lists !== null) lists[end] = place;
      places[gram] = end + 1;
    };
    const enter = (gram: number, text: number, before: number): number => {
      const difference = text + 1 - before;
      if (before === 0 && lists === null) used.push(gram);
      latest[gram] = text + 1;
      const end = lists === null ? places[gram]! + lengthOf(difference) : write(lists, places[gram]!, difference);
      places[gram] = end;
      return end;
    };
    const scan = () => {
      for (let text = 0; text < count; text += 1) {
        const start = offsets[text]!;
        const end = offsets[text + 1]!;
        const isShort = end - start <= SOMEWHERE;
        let second = NEWLINE;
        let third = NEWLINE;
        for (let at = start; at < end; at += 1) {
          // `third`, `second` and `byte` follow each other; no term has a line break
          const byte = bytes[at]!;
          if (byte !== NEWLINE) {
            note(SINGLES + byte, text);
            if (second !== NEWLINE) {
              note(PAIRS + ((second << 8) | byte), text);
              if (third !== NEWLINE)
                notePlace((third << 16) | (second << 8) | byte, text, isShort ? at - 2 - start : SOMEWHERE);
            }
          }
          third = second;
          second = byte;
        }
      }
    };
    scan();
    const grams = Uint32Array.from(used).toSorted();
    const starts = new Uint32Array(grams.length + 1);
    let end = 0;
    for (const [index, gram] of grams.entries()) {
      starts[index] = end;
      end += places[gram]!;
      places[gram] = starts[index];
      latest[gram] = 0;
    }
    starts[grams.length] = end;
    lists = new Uint8Array(end);
    scan();
    for (const gram of grams) latest[gram] = places[gram] = 0;
    return { grams, starts, lists };
  }
}

function lengthOf(difference: number): number {
  if (difference < 0x80) return 1;
  return difference < 0x40_00 ? 2 : 3;
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. A difference is at most `SEGMENT`. */
function write(lists: Uint8Array, at: number, difference: number): number {
  let rest = difference;
  let place = at;
  while (rest >= 0x80) {
    lists[place] = (rest & 0x7f) | 0x80;
    place += 1;
    rest >>>= 7;
  }
  lists[place] = rest;
  return place + 1;
}

/** The grams of a term by the places in it where they begin: the term itself, if it is no longer than a gram. */
export function gramsOf(term: Uint8Array): number[] {
  const [first = 0, second = 0] = term;
  if (term.length === 1) return [SINGLES + first];
  if (term.length === 2) return [PAIRS + ((first << 8) | second)];
  return Array.from(term.subarray(2), (third, at) => (term[at]! << 16) | (term[at + 1]! << 8) | third);
}

/**
 * Of the grams of a term those, by their places, that have each byte of it in one of them, and the shortest lists together.
 * @param lengths of the lists
 */
export function coverTerm(lengths: readonly number[]): number[] {
  // by the place of its last gram: what the shortest cover takes, and where the gram before is; a term may have 30,000 of them
  const sums: number[] = [];
  const befores: number[] = [];
  for (const [place, length] of lengths.entries()) {
    let before = Math.max(0, place - BYTES);
    for (let other = before + 1; other < place; other += 1) if (sums[other]! < sums[before]!) before = other;
    sums.push(length + (place === 0 ? 0 : sums[before]!));
    befores.push(place === 0 ? -1 : before);
  }
  const cover: number[] = [];
  for (let place = lengths.length - 1; place >= 0; place = befores[place]!) cover.push(place);
  return cover.toReversed();
}

/** Of a gram with places. */
const BYTES = 3;
