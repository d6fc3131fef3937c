/** SQL that makes text comparable without regard to case and accents; search text and search terms go through the same. */
export function foldSql(text: string): string {
  return `caseFoldUTF8(removeDiacriticsUTF8(toValidUTF8(${text})))`;
}
