const COURSE_KEY = String.raw`^(?:course-v1:[^/+@%]+\\+[^/+@%]+\\+[^/+@%]+|ccx-v1:[^/+@%]+\\+[^/+@%]+\\+[^/+@%]+\\+ccx@\\d+|[^/+@:]+/[^/+@:]+/[^/+@:]+)$`;
// What no course key holds of ASCII, separators aside: all but letters, digits and _~.:-%
const NO_COURSE_KEY = String.raw`[\\x00-$&-*,;-?\\[-^\\x60{-}\\x7f]`;
const ANY_SCRIPT = String.raw`^[\\pL\\pM\\pN_.:~%/+@-]+$`;

/**
 * SQL of whether a text is a course key: docs/decisions/0002-what-silent-definitions-mean.md, no. 5. Patterns are compiled again
 * for every block, which for one of all scripts takes 1.4 ms of every 8 MB; for an empty list it is not.
 */
export function isCourseKeySql(text: string): string {
  return `length(${text}) <= 1020 AND lengthUTF8(${text}) <= 255
      AND match(toLowCardinality(${text}), '${COURSE_KEY}') AND NOT match(toLowCardinality(${text}), '${NO_COURSE_KEY}')
      AND arrayAll(key -> match(key, '${ANY_SCRIPT}'), if(length(${text}) = lengthUTF8(${text}), [], [${text}]))`;
}
