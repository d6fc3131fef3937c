import { PAIRS, SOMEWHERE } from './gram-index.ts';

// Variables of these loops are declared one by one: from a pattern, `let [at, end] = [0, 0]`, the loops took 5 to 60 % longer. So they did, by
// 12 to 40 %, with a function that reads a difference.

/** Writes the texts of the list of a gram, counted from `base`, in ascending order from `start` on; gives where they end. */
export function readTexts(gram: number, list: Uint8Array, base: number, into: Uint32Array, start: number): number {
  const step = gram < PAIRS ? 2 : 1;
  let at = 0;
  let text = base - 1;
  let end = start;
  while (at < list.length) {
    let byte = list[at]!;
    let difference = byte & 0x7f;
    // ifs, as a loop takes twice as long
    if (byte >= 0x80) {
      at += 1;
      byte = list[at]!;
      difference |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        at += 1;
        difference |= list[at]! << 14;
      }
    }
    at += step;
    text += difference;
    // the same text once more is written over; a jump could not be foreseen
    end -= Number(difference === 0);
    into[end] = text;
    end += 1;
  }
  return end;
}

/** The list of a gram, and where the gram is in a term. */
export interface GramList {
  readonly list: Uint8Array;
  readonly place: number;
}

/**
 * Where a term may begin of which this list's gram is at `place`: a text times 256, plus the place in it, ascending. At most as many as
 * half of the bytes of the list; gives how many.
 */
export function readPlaces({ list, place }: GramList, into: Uint32Array): number {
  // of the text before the first
  let at = 0;
  let text = -256;
  let end = 0;
  while (at < list.length) {
    let byte = list[at]!;
    let difference = byte & 0x7f;
    if (byte >= 0x80) {
      at += 1;
      byte = list[at]!;
      difference |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        at += 1;
        difference |= list[at]! << 14;
      }
    }
    text += difference << 8;
    const found = list[at + 1]!;
    at += 2;
    const begin = found === SOMEWHERE ? SOMEWHERE : found - place;
    into[end] = text + begin;
    end += Number(begin >= 0);
  }
  return end;
}

/**
 * The same by two lists, read at once: that takes half of the time of reading both and holding what was read against each other.
 * @param later the one whose place is the greater
 */
export function meetLists(earlier: GramList, later: GramList, into: Uint32Array): number {
  const { list, place } = later;
  const others = earlier.list;
  const distance = place - earlier.place;
  let at = 0;
  let text = -1;
  let other = 0;
  let otherText = -1;
  let otherFound = 0;
  let end = 0;
  while (at < list.length) {
    let byte = list[at]!;
    let difference = byte & 0x7f;
    if (byte >= 0x80) {
      at += 1;
      byte = list[at]!;
      difference |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        at += 1;
        difference |= list[at]! << 14;
      }
    }
    text += difference;
    const found = list[at + 1]!;
    at += 2;
    while (otherText < text || (otherText === text && otherFound < found - distance)) {
      if (other >= others.length) return end;
      byte = others[other]!;
      difference = byte & 0x7f;
      if (byte >= 0x80) {
        other += 1;
        byte = others[other]!;
        difference |= (byte & 0x7f) << 7;
        if (byte >= 0x80) {
          other += 1;
          difference |= others[other]! << 14;
        }
      }
      otherText += difference;
      otherFound = others[other + 1]!;
      other += 2;
    }
    if (otherText !== text) continue;
    if (found === SOMEWHERE) {
      into[end] = text * 256 + SOMEWHERE;
      end += 1;
    } else if (otherFound === found - distance && found >= place) {
      into[end] = text * 256 + found - place;
      end += 1;
    }
  }
  return end;
}

/** Of `begins[0, count)`, as `readPlaces` gives them, keeps those that another list tells too; gives how many. */
export function meetPlaces(begins: Uint32Array, count: number, { list, place }: GramList): number {
  let at = 0;
  let text = -1;
  let index = 0;
  let kept = 0;
  while (at < list.length && index < count) {
    let byte = list[at]!;
    let difference = byte & 0x7f;
    if (byte >= 0x80) {
      at += 1;
      byte = list[at]!;
      difference |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        at += 1;
        difference |= list[at]! << 14;
      }
    }
    text += difference;
    const found = list[at + 1]!;
    at += 2;
    if (found < place) continue;
    const begin = text * 256 + (found === SOMEWHERE ? SOMEWHERE : found - place);
    while (index < count && begins[index]! < begin) index += 1;
    if (index < count && begin === begins[index]) {
      begins[kept] = begin;
      kept += 1;
      index += 1;
    }
  }
  return kept;
}

/**
 * Writes the texts of `begins[0, count)`, each once, counted from `base`, from `start` on; gives where they end, and -1 where one of them
 * does not say where it is in its text.
 */
export function textsOf(begins: Uint32Array, count: number, base: number, into: Uint32Array, start: number): number {
  let end = start;
  let last = -1;
  for (let index = 0; index < count; index += 1) {
    const begin = begins[index]!;
    if ((begin & 0xff) === SOMEWHERE) return -1;
    const text = begin >>> 8;
    into[end] = base + text;
    end += Number(text !== last);
    last = text;
  }
  return end;
}
