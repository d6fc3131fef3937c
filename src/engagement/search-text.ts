/** Letters of their own, by Unicode, that people take for another with a stroke, and type so. */
const STROKES = ['łøđħŧıð', 'lodhtid'] as const;

/**
 * SQL that makes text comparable without regard to case and accents; search text and search terms go through the same. Where it is
 * changed, `PEOPLE_FILES.texts` gets another name.
 */
export function foldSql(text: string): string {
  const folded = `caseFoldUTF8(removeDiacriticsUTF8(toValidUTF8(${text})))`;
  return `replaceAll(replaceAll(translateUTF8(${folded}, '${STROKES[0]}', '${STROKES[1]}'), 'æ', 'ae'), 'œ', 'oe')`;
}
