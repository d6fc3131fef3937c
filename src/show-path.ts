/** What would move the cursor of a terminal, begin another line, or turn the direction of the text. */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The name of a file for people to read: it may have been chosen so that what is told of it looks like something else. */
export function showPath(path: string): string {
  return path.replaceAll(MISLEADING, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}
