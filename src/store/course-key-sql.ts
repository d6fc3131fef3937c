const COURSE_KEY = String.raw`^(?:course-v1:[^/+@%]+\\+[^/+@%]+\\+[^/+@%]+|ccx-v1:[^/+@%]+\\+[^/+@%]+\\+[^/+@%]+\\+ccx@\\d+|[^/+@:]+/[^/+@:]+/[^/+@:]+)$`;
// What no course key holds, separators aside: ASCII but letters, digits and _~.:-%, spaces, symbols, emoji. Patterns are
// compiled again for every block: spelled as what a part may hold (\p{L}…), this one took 10 ms of every 10 MB.
const NO_COURSE_KEY = String.raw`[\\x00-$&-*,;-?\\[-^\\x60{-}\\x7f-\\x{a9}\\x{ab}-\\x{b4}\\x{b6}-\\x{b9}\\x{bb}-\\x{bf}\\x{d7}\\x{f7}\\x{60c}-\\x{60d}\\x{61b}-\\x{61f}\\x{66a}-\\x{66d}\\x{6d4}\\x{2000}-\\x{2bff}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{d7fc}-\\x{f8ff}\\x{fe00}-\\x{fe6f}\\x{ff00}-\\x{ff0f}\\x{ff1a}-\\x{ff20}\\x{ff3b}-\\x{ff40}\\x{ff5b}-\\x{ff65}\\x{ffe0}-\\x{ffff}\\x{1f000}-\\x{1ffff}]`;

/** SQL of whether a text is a course key: docs/decisions/0002-what-silent-definitions-mean.md, no. 5. */
export function isCourseKeySql(text: string): string {
  return `length(${text}) <= 1020 AND lengthUTF8(${text}) <= 255 AND match(toLowCardinality(${text}), '${COURSE_KEY}') AND NOT match(toLowCardinality(${text}), '${NO_COURSE_KEY}')`;
}
