import { LEARNER_VALUES } from '../engagement/copy/put-learner.ts';
import { SEGMENTS } from '../engagement/segments.ts';
import { readPath } from './csv.ts';

/** Every field of a learner that has a value by itself, nested ones dotted, in alphabetical order. */
export const LEARNER_COLUMNS = LEARNER_VALUES.flatMap((path) =>
  path === 'segment_reasons' ? SEGMENTS.map((segment) => `${path}.${segment}`) : [path],
).toSorted();

/** The columns that are asked for, in that order: a name above others stands for all of them, and unknown ones are dropped. */
export function chooseColumns(fields: readonly string[] | undefined, columns: readonly string[]): readonly string[] {
  if (fields === undefined || fields.length === 0) return columns;
  const chosen = fields.flatMap((field) => columns.filter((name) => name === field || name.startsWith(`${field}.`)));
  return [...new Set(chosen)];
}

/** A record with the fields that are asked for alone, in that order; unknown ones are dropped. */
export function pickFields(record: object, fields: readonly string[] | undefined): object {
  if (fields === undefined || fields.length === 0) return record;
  const picked: Record<string, unknown> = {};
  for (const field of fields) {
    const path = field.split('.');
    const value = readPath(record, path);
    if (value !== undefined) setPath(picked, path, value);
  }
  return picked;
}

function setPath(record: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    record[name] = value;
    return;
  }
  const inner = Object.hasOwn(record, name) ? record[name] : undefined;
  const copy: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {};
  record[name] = copy;
  setPath(copy, rest, value);
}
