import { z } from 'zod';
import { daysBetween } from '../engagement/days.ts';
import { METRICS } from '../engagement/metrics.ts';
import { ROSTER_ORDERS } from '../engagement/roster-order.ts';
import { perName } from '../per-name.ts';
import { COURSE_KEY_SHAPES, parseCourseKey } from './course-key.ts';
import { MAX_YEARS, isLongerThanYears, parseDay } from './date-range.ts';

const MAX_PAGE_SIZE = 1000;
export const DEFAULT_PAGE_SIZE = 25;
const MAX_SEARCH_TERMS = 100;
const MAX_FIELDS = 500;

/** A value in a message: enough of it to be recognised. */
function quote(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function explainRepeated(value: readonly unknown[]): string {
  return `was given ${value.length} times; give it once.`;
}

/** A parameter that may be given once. */
const single = z.string({
  error: ({ input }) => (Array.isArray(input) ? explainRepeated(input) : 'is missing.'),
});

/**
 * A parameter whose value `parse` reads, or refuses by null with what is `allowed` in the message.
 * @param shape the values as JSON Schema, for the description of the API; text where nothing is said
 */
function parsed<Value>(parse: (text: string) => Value | null, allowed: string, shape: object = {}) {
  return single
    .transform((text, context): Value => {
      const value = parse(text);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: `${quote(text)} is not ${allowed}.` });
      return z.NEVER;
    })
    .meta({ ...shape });
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, {
    error: ({ input }) =>
      Array.isArray(input)
        ? explainRepeated(input)
        : `${quote(input)} is not one of ${values.filter((value) => value !== '').join(', ')}.`,
  });
}

/** Different terms separated by whitespace. Each costs the store a look at every learner, hence the limit. */
const terms = single.transform((text, context) => {
  const different = [...new Set(text.split(/\s+/u).filter((term) => term !== ''))];
  if (different.length <= MAX_SEARCH_TERMS) return different;
  context.addIssue({
    code: 'custom',
    message: `has ${different.length} terms; at most ${MAX_SEARCH_TERMS} are looked for.`,
  });
  return z.NEVER;
});

/** Comma-separated names, blanks and repetitions dropped; several such parameters are read as one list. */
const names = z.union([z.string(), z.array(z.string())]).transform((value) => {
  const all = [value].flat().flatMap((text) => text.split(','));
  return [...new Set(all.map((name) => name.trim()).filter((name) => name !== ''))];
});

/** Names of fields. All that there are, under any name, are far fewer; a long list of others is no program's that wants an answer. */
const fieldNames = names.refine((fields) => fields.length <= MAX_FIELDS, {
  error: ({ input }) => `names ${(input as readonly string[]).length} fields; at most ${MAX_FIELDS} are looked for.`,
});

const courseId = single
  .min(1, 'is empty; give the course key.')
  .pipe(parsed(parseCourseKey, `a course key such as ${COURSE_KEY_SHAPES}`));

const day = parsed(parseDay, 'a date such as 2026-10-06');

const pageNumber = parsed((text) => parseInteger(text, 1, Number.MAX_SAFE_INTEGER), 'a whole number from 1 up', {
  type: 'integer',
  minimum: 1,
});

const pageSize = parsed((text) => parseInteger(text, 1, MAX_PAGE_SIZE), `a whole number from 1 to ${MAX_PAGE_SIZE}`, {
  type: 'integer',
  minimum: 1,
  maximum: MAX_PAGE_SIZE,
});

/** Which publication an answer is to be of. Links carry it; what cannot be one is as good as one that is gone. */
const snapshot = single.transform((text) => parseInteger(text, 1, Number.MAX_SAFE_INTEGER) ?? undefined);

const order = oneOf(ROSTER_ORDERS);

const direction = oneOf(['asc', 'desc']);

const yesOrNo = oneOf(['true', 'false', '']);

const bound = parsed((text) => (text === '' ? undefined : parseDecimal(text)), 'a number such as 3 or 4.5', {
  type: 'number',
});

function parseInteger(text: string, min: number, max: number): number | null {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : null;
}

function parseDecimal(text: string): number | null {
  const value = Number(text);
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) && Number.isFinite(value) ? value : null;
}

const boundNames = METRICS.flatMap((metric) => [`${metric}_min` as const, `${metric}_max` as const]);
const bounds = perName(boundNames, () => bound.optional());

const dates = { start_date: day.optional(), end_date: day.optional() };

/** Looks at two dates that are real ones each; the others have been complained about. */
function bothDates(check: (start: string, end: string) => boolean) {
  return ({ start_date: start, end_date: end }: { start_date?: unknown; end_date?: unknown }): boolean =>
    typeof start !== 'string' || typeof end !== 'string' || check(start, end);
}

function quoteDate(params: unknown, name: 'start_date' | 'end_date'): string {
  return quote((params as Record<typeof name, unknown>)[name]);
}

/** Checked whatever else is wrong, so that all faults of a request are told at once. */
const always = { when: () => true };

function withDates<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object({ ...shape, ...dates })
    .refine(
      bothDates((start, end) => daysBetween(start, end) > 0),
      {
        ...always,
        path: ['start_date'],
        error: ({ input }) => `${quoteDate(input, 'start_date')} is not before end_date; the end is exclusive.`,
      },
    )
    .refine(
      bothDates((start, end) => !isLongerThanYears(start, end, MAX_YEARS)),
      {
        ...always,
        path: ['end_date'],
        error: ({ input }) => `${quoteDate(input, 'end_date')} is more than ${MAX_YEARS} years after start_date.`,
      },
    );
}

/** Of what has no dates. */
export const courseOnlyParams = z.object({ course_id: courseId });

/** Of one learner. */
export const courseParams = withDates({ course_id: courseId });

/** Of the metadata. */
export const metadataParams = withDates({ course_id: courseId, snapshot: snapshot.optional() });

/** Of a timeline. */
export const timelineParams = withDates({ course_id: courseId, fields: fieldNames.optional() });

const filters = {
  course_id: courseId,
  text_search: terms.optional(),
  segments: names.optional(),
  ignore_segments: names.optional(),
  cohort: single.optional(),
  enrollment_mode: single.optional(),
  ...bounds,
  fields: fieldNames.optional(),
};

interface BothSegments {
  readonly segments?: unknown;
  readonly ignore_segments?: unknown;
}

function haveOneAtMost({ segments, ignore_segments: ignored }: BothSegments): boolean {
  return isEmpty(segments) || isEmpty(ignored);
}

const oneAtMost = { ...always, path: ['ignore_segments'], error: 'cannot be given together with segments.' };

function isEmpty(list: unknown): boolean {
  return !Array.isArray(list) || list.length === 0;
}

/** Of the list of learners. */
export const listParams = withDates({
  ...filters,
  order_by: order.default('username'),
  sort_order: direction.default('asc'),
  highlight: yesOrNo.optional(),
  page: pageNumber.optional(),
  page_size: pageSize.optional(),
  snapshot: snapshot.optional(),
}).refine(haveOneAtMost, oneAtMost);

/** Of the whole list as a file. Older clients call the order by other names, and send page sizes that mean nothing here. */
export const downloadParams = withDates({
  ...filters,
  snapshot: snapshot.optional(),
  bom: yesOrNo.optional(),
  order_by: order.optional(),
  sort_order: direction.optional(),
  sortKey: order.optional(),
  order: direction.optional(),
}).refine(haveOneAtMost, oneAtMost);

export type FilterParams = Omit<
  z.output<typeof downloadParams>,
  'sortKey' | 'order' | 'order_by' | 'sort_order' | 'bom'
> &
  Pick<z.output<typeof listParams>, 'order_by' | 'sort_order'>;
