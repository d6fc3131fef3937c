/**
 * A name as a line in one direction, sign for sign: what a search matched in it stays where it was. Null where nothing of it is
 * to be seen, as of a filler of Hangul or an empty pattern of Braille: else it would make a link of which nothing is.
 */
export function normalizeName(name: string | null): string | null {
  if (name === null || /^[\p{Z}\p{C}\p{M}\p{DI}\u2800]*$/u.test(name)) return null;
  return name.replaceAll(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ');
}
