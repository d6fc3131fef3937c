/** Letters of their own, by Unicode, that people take for another with a stroke, and type so. */
const STROKES = ['łøđħŧıð', 'lodhtid'] as const;

/** What nobody sees, and nobody types who looks for a name: signs between letters, of direction, and the line that makes an Arabic word longer. */
const UNSEEN =
  '\u00AD\u0640\u061C\u180E\u200B\u200C\u200D\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\uFEFF';

/**
 * SQL that makes text comparable without regard to case, accents, widths and what is not seen; search text and search terms go through
 * the same. Where it is changed, `PEOPLE_FILES.texts` gets another name.
 */
export function foldSql(text: string): string {
  const folded = `caseFoldUTF8(removeDiacriticsUTF8(normalizeUTF8NFKC(toValidUTF8(${text}))))`;
  // letters without a counterpart are left out
  const plain = `translateUTF8(${folded}, '${STROKES[0]}${UNSEEN}', '${STROKES[1]}')`;
  return `replaceAll(replaceAll(${plain}, 'æ', 'ae'), 'œ', 'oe')`;
}
