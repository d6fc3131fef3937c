/**
 * What a spreadsheet would run as a formula, also one that takes semicolons, tabs or line ends in a cell for the end of it: to that one, quotes
 * after such a sign, of which the file has two each, are the quoted beginning of the next cell, with nothing in it. Looked back is from signs of
 * formulas alone: from each of many quotes, it would be without end.
 */
const FORMULA = /(?=[=+\-@＝＋－＠])(?<=^|[;\t\r\n]"*)|^(?=[\t\r])/g;

/** A value of an answer as one cell: lists joined, null empty, and nothing that a spreadsheet would run. */
export function formatCell(value: unknown): string {
  const text = formatValue(value);
  const safe = text.replaceAll(FORMULA, "'");
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The only cell of a row, where it is empty: nothing at all would be a blank line, which readers pass over. */
export const LONE_EMPTY_CELL = '""';

/** One line of RFC 4180, with its end. */
export function formatRow(values: readonly unknown[]): string {
  const row = values.map(formatCell).join(',');
  return `${row === '' && values.length === 1 ? LONE_EMPTY_CELL : row}\r\n`;
}

/** Rows of records under their columns, which are dotted paths. */
export function formatRows(columns: readonly string[], records: Iterable<object>): string {
  const paths = columns.map((column) => column.split('.'));
  let rows = '';
  for (const record of records) rows += formatRow(paths.map((path) => readPath(record, path)));
  return rows;
}

/** The value at a path of own properties; undefined where there is none. Lists are values. */
export function readPath(record: object, path: readonly string[]): unknown {
  let value: unknown = record;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(formatValue).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The `Content-Disposition` under which a browser stores an answer: course, instant and what it is. The plain name is
 * ASCII; `filename*` has the letters of other scripts.
 */
export function nameDownload(courseId: string, what: string, now: Date = new Date()): string {
  const key = courseId.replace(/^(?:course|ccx)-v1:/, '').replaceAll(/[+/]/g, '-');
  const name = `${key}--${now.toISOString().replace(/\.\d+Z$/, 'Z')}--${what}.csv`;
  const ascii = name.replaceAll(/[^\w.:~@-]/g, '_');
  const exact = ascii === name ? '' : `; filename*=UTF-8''${encodeURIComponent(name)}`;
  return `attachment; filename="${ascii}"${exact}`;
}
