const ID = String.raw`[\p{L}\p{M}\p{N}_.:~-]+`;
const OLD_ID = String.raw`[\p{L}\p{M}\p{N}_.~%-]+`;

/** The three shapes of a course key of Open edX: a course run, a custom course in it, and the oldest form. */
const COURSE_KEY = new RegExp(
  String.raw`^(?:course-v1:${ID}\+${ID}\+${ID}|ccx-v1:${ID}\+${ID}\+${ID}\+ccx@\d+|${OLD_ID}/${OLD_ID}/${OLD_ID})$`,
  'u',
);

export const COURSE_KEY_SHAPES = 'course-v1:org+course+run, ccx-v1:org+course+run+ccx@1 or org/course/run';

/**
 * Reads a course key as it arrives in an address, where an unescaped `+` has become a space. Null for anything else; the
 * length limit is that of the LMS, in letters as the store counts them: one may be two units of a text here.
 */
export function parseCourseKey(text: string): string | null {
  const key = text.replaceAll(' ', '+');
  return COURSE_KEY.test(key) && Array.from(key).length <= 255 ? key : null;
}
