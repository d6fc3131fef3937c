import type { z } from 'zod';
import { AppError, type ErrorCode, type FieldErrors } from '../errors.ts';

/** Parameters as they arrived: text, or a list where one was given more than once. */
type RawQuery = Readonly<Record<string, string | readonly string[]>>;

/** The order in which the code of a request with several faults is chosen. */
const CODES = ['course_not_specified', 'course_key_malformed', 'illegal_parameter_values'] as const;

/**
 * Checks all parameters of a request at once. Those that the schema does not name are ignored.
 * @param fromPath parameters that the resource has in its path
 * @throws AppError with every fault in `fields`
 */
export function parseQuery<Schema extends z.ZodType>(
  schema: Schema,
  url: string,
  fromPath: Readonly<Record<string, string>> = {},
): z.output<Schema> {
  const raw = { ...readQuery(readSearch(url)), ...fromPath };
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const fields: Record<string, string> = {};
  for (const issue of result.error.issues) fields[String(issue.path[0])] ??= issue.message;
  throw refuseFields(fields, raw);
}

/** The error for values that cannot be, alone or together. */
export function refuseFields(fields: FieldErrors, raw: RawQuery = {}): AppError {
  const codes = new Set(Object.keys(fields).map((field) => chooseCode(field, raw)));
  const code = CODES.find((candidate) => codes.has(candidate)) ?? 'illegal_parameter_values';
  const message = Object.entries(fields).map(([field, fault]) => `${field}: ${fault}`);
  return new AppError(code, message.join(' '), { fields });
}

function chooseCode(field: string, raw: RawQuery): ErrorCode {
  const value = raw[field];
  if (field !== 'course_id' || Array.isArray(value)) return 'illegal_parameter_values';
  return value === undefined || value === '' ? 'course_not_specified' : 'course_key_malformed';
}

/** The parameters of a request's address, which has no fragment. */
export function readSearch(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at));
}

function readQuery(params: URLSearchParams): RawQuery {
  const raw = new Map<string, string | readonly string[]>();
  for (const [name, value] of params) {
    const before = raw.get(name);
    raw.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(raw);
}
