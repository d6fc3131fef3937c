import { PAIRS, SOMEWHERE } from './gram-index.ts';

// Variables of these loops are declared one by one: from a pattern, `let [at, end] = [0, 0]`, the loops took 5 to 60 % longer.

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

/**
 * Where a term may begin of which this list's gram is at `place`: a text times 256, plus the place in it, ascending. At most as many as
 * half of the bytes of the list; gives how many.
 */
export function readPlaces(list: Uint8Array, place: number, into: Uint32Array): number {
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

/** Lists of two grams of a term, the second of which begins `distance` bytes after the first. */
export interface TwoLists {
  readonly firsts: Uint8Array;
  readonly seconds: Uint8Array;
  readonly distance: number;
}

/**
 * Writes the texts in which the gram of `seconds` stands `distance` bytes after that of `firsts`, each once, counted from `base`, in
 * ascending order from `start` on; gives where they end, and -1 where one of them does not say where its grams are. Takes half of the
 * time that reading both lists and holding what was read against each other does.
 */
export function meetLists(
  { firsts, seconds, distance }: TwoLists,
  base: number,
  into: Uint32Array,
  start: number,
): number {
  let at = 0;
  let text = base - 1;
  let other = 0;
  let otherText = base - 1;
  let otherPlace = 0;
  let end = start;
  let last = -1;
  while (at < seconds.length) {
    let byte = seconds[at]!;
    let difference = byte & 0x7f;
    if (byte >= 0x80) {
      at += 1;
      byte = seconds[at]!;
      difference |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        at += 1;
        difference |= seconds[at]! << 14;
      }
    }
    text += difference;
    const place = seconds[at + 1]!;
    at += 2;
    while (otherText < text || (otherText === text && otherPlace < place - distance)) {
      if (other >= firsts.length) return end;
      byte = firsts[other]!;
      difference = byte & 0x7f;
      if (byte >= 0x80) {
        other += 1;
        byte = firsts[other]!;
        difference |= (byte & 0x7f) << 7;
        if (byte >= 0x80) {
          other += 1;
          difference |= firsts[other]! << 14;
        }
      }
      otherText += difference;
      otherPlace = firsts[other + 1]!;
      other += 2;
    }
    if (otherText !== text) continue;
    if (place === SOMEWHERE) return -1;
    if (otherPlace !== place - distance || text === last) continue;
    into[end] = text;
    end += 1;
    last = text;
  }
  return end;
}

/** Of `begins[0, count)`, as `readPlaces` gives them, keeps those that are in `others[0, otherCount)` too; gives how many. */
export function meetPlaces(begins: Uint32Array, count: number, others: Uint32Array, otherCount: number): number {
  let index = 0;
  let other = 0;
  let kept = 0;
  while (index < count && other < otherCount) {
    const begin = begins[index]!;
    const wanted = others[other]!;
    begins[kept] = begin;
    // jumps could not be foreseen
    kept += Number(begin === wanted);
    index += Number(begin <= wanted);
    other += Number(wanted <= begin);
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
