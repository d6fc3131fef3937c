/**
 * Which texts hold a term: every run of one, two or three bytes of a text (a gram) leads to the numbers of the texts that
 * have it, as a list of differences in as few bytes as each needs. Texts are indexed `SEGMENT` at a time, which bounds
 * the memory of building.
 */
export const SEGMENT = 262_144;

/** Grams of three bytes come first, then those of two, then those of one. */
const PAIRS = 0x1_00_00_00;
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
    // one function for both passes, so that the compiler puts it in its place
    const note = (gram: number, text: number) => {
      const before = latest[gram]!;
      if (before === text + 1) return;
      latest[gram] = text + 1;
      if (lists !== null) {
        places[gram] = write(lists, places[gram]!, text + 1 - before);
        return;
      }
      if (before === 0) used.push(gram);
      places[gram]! += lengthOf(text + 1 - before);
    };
    const scan = () => {
      for (let text = 0; text < count; text += 1) {
        const end = offsets[text + 1]!;
        let [second, third] = [NEWLINE, NEWLINE];
        for (let at = offsets[text]!; at < end; at += 1) {
          // `third`, `second` and `byte` follow each other; no term has a line break
          const byte = bytes[at]!;
          if (byte !== NEWLINE) {
            note(SINGLES + byte, text);
            if (second !== NEWLINE) {
              note(PAIRS + ((second << 8) | byte), text);
              if (third !== NEWLINE) note((third << 16) | (second << 8) | byte, text);
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

/** The grams by which the texts with a term are found: the term itself, if it is no longer than a gram. */
export function gramsOf(term: Uint8Array): number[] {
  const [first = 0, second = 0] = term;
  if (term.length === 1) return [SINGLES + first];
  if (term.length === 2) return [PAIRS + ((first << 8) | second)];
  const grams = new Set<number>();
  for (let at = 0; at + 2 < term.length; at += 1) grams.add((term[at]! << 16) | (term[at + 1]! << 8) | term[at + 2]!);
  return [...grams];
}

/** Writes the texts of one list, counted from `base`, in ascending order from `start` on; gives where they end. */
export function readList(list: Uint8Array, base: number, into: Uint32Array, start: number): number {
  let [at, text, end] = [0, base - 1, start];
  while (at < list.length) {
    let byte = list[at]!;
    let difference = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      at += 1;
      byte = list[at]!;
      difference |= (byte & 0x7f) << shift;
    }
    at += 1;
    text += difference;
    into[end] = text;
    end += 1;
  }
  return end;
}

/** Of `found[start, end)`, which ascend, keeps those who are in a list, too, from `start` on; gives where they end. */
export function keepListed(list: Uint8Array, base: number, found: Uint32Array, start: number, end: number): number {
  let [at, text, index, kept] = [0, base - 1, start, start];
  while (at < list.length && index < end) {
    let byte = list[at]!;
    let difference = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      at += 1;
      byte = list[at]!;
      difference |= (byte & 0x7f) << shift;
    }
    at += 1;
    text += difference;
    while (index < end && found[index]! < text) index += 1;
    if (index < end && found[index] === text) {
      found[kept] = text;
      kept += 1;
    }
  }
  return kept;
}
