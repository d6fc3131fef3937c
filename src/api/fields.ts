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

/** Where each field of a learner is, and each that holds others, by its dotted name. */
const LEARNER_PATHS: ReadonlyMap<string, readonly string[]> = new Map(
  LEARNER_COLUMNS.map((name) => name.split('.'))
    .flatMap((path) => path.map((_, index) => path.slice(0, index + 1)))
    .map((path) => [path.join('.'), path]),
);

/** What makes of a learner one with the fields that are asked for alone, in that order; unknown ones are dropped. */
export function createPicker(fields: readonly string[] | undefined): (learner: object) => object {
  if (fields === undefined || fields.length === 0) return (learner) => learner;
  // once, and not for each learner of a page: anybody can send names that are none
  const paths = fields.map((field) => LEARNER_PATHS.get(field)).filter((path) => path !== undefined);
  return function pickFields(learner) {
    const picked: Record<string, unknown> = {};
    for (const path of paths) {
      const value = readPath(learner, path);
      if (value !== undefined) setPath(picked, path, value);
    }
    return picked;
  };
}

function setPath(record: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    record[name] = value;
    return;
  }
  const inner = record[name];
  const copy: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {};
  record[name] = copy;
  setPath(copy, rest, value);
}
