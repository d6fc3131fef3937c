export interface Piece {
  readonly start: number;
  readonly text: string;
  readonly matched: boolean;
}

/** Cuts a text at ranges `[start, end)` of code points, which are in order and do not overlap. */
export function splitByRanges(text: string, ranges: readonly (readonly [number, number])[]): Piece[] {
  const signs = Array.from(text);
  const pieces: Piece[] = [];
  const add = (start: number, end: number, matched: boolean) => {
    if (start < end) pieces.push({ start, text: signs.slice(start, end).join(''), matched });
  };
  let done = 0;
  for (const [start, end] of ranges) {
    add(done, start, false);
    add(start, end, true);
    done = end;
  }
  add(done, signs.length, false);
  return pieces;
}
