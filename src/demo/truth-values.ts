const PART = String.raw`[\p{L}\p{M}\p{N}_~.:-]+`;
const OLD_PART = String.raw`[\p{L}\p{M}\p{N}_~.:%-]+`;
const COURSE_KEYS = [
  new RegExp(`^course-v1:${PART}\\+${PART}\\+${PART}$`, 'u'),
  new RegExp(`^ccx-v1:${PART}\\+${PART}\\+${PART}\\+ccx@[0-9]+$`, 'u'),
  new RegExp(`^${OLD_PART}/${OLD_PART}/${OLD_PART}$`, 'u'),
];

/** True for `course-v1:A+B+C`, `ccx-v1:A+B+C+ccx@N` and `A/B/C` of at most 255 characters. */
export function isCourseKey(text: string): boolean {
  return Array.from(text).length <= 255 && COURSE_KEYS.some((key) => key.test(text));
}

/** The org of a course key. */
export function findOrg(courseId: string): string {
  return courseId.includes('/')
    ? courseId.slice(0, courseId.indexOf('/'))
    : courseId.slice(courseId.indexOf(':') + 1, courseId.indexOf('+'));
}

/** The course that the URL of a page belongs to; empty when none. */
export function findCourseInUrl(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/s, '');
  const segments = path.split('/').slice(1).map(decodeSegment);
  let key = '';
  if (segments[0] === 'courses') {
    const first = segments[1] ?? '';
    key = first.startsWith('course-v1:') || first.startsWith('ccx-v1:') ? first : segments.slice(1, 4).join('/');
  }
  if (segments[0] === 'xblock') {
    const block = /^(ccx-)?block-v1:(.+?)\+type@/.exec(segments[1] ?? '');
    if (block !== null) key = `${block[1] ?? 'course-'}v1:${block[2]}`;
  }
  return isCourseKey(key) ? key : '';
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Microseconds since 1970 of `YYYY-MM-DD[T ]HH:MM[:SS[.fraction]][zone]`; no zone is UTC; null unless it is a real time, not before 2 January 1970. */
export function readInstant(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const micros = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
  const zone = match[8] ?? 'Z';
  const digits = zone.replaceAll(/\D/g, '');
  const offset =
    zone === 'Z' ? 0 : (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * (zone.startsWith('-') ? -1 : 1);
  const at = (date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset * 60) * 1_000_000 + micros;
  return at < 86_400_000_000 ? null : at;
}

/** The UTC day of an instant in microseconds, `YYYY-MM-DD`. */
export function dayOf(at: number): string {
  return new Date(Math.floor(at / 1000)).toISOString().slice(0, 10);
}

/** An instant in microseconds as `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
export function instantOf(at: number): string {
  const micros = at % 1_000_000;
  return `${new Date((at - micros) / 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`;
}

/** Days, `[start, end)`. */
export interface Window {
  start: string;
  end: string;
}

/** The day `days` after a day. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
