import { AppError } from '../errors.ts';
import type { CommandValues } from './command.ts';

/** Days that the engine can tell, as dates and as instants, with the weeks before them. */
const [FIRST, LAST] = ['1971-01-01', '2105-12-31'];

/** A day given on the command line, `YYYY-MM-DD`; undefined if it was not. */
export function parseDay(value: CommandValues[string], name: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const date = new Date(`${value}T00:00:00Z`);
    const isDay = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
    if (isDay && value >= FIRST && value <= LAST) return value;
  }
  throw new AppError(
    'usage',
    `${name} is ${JSON.stringify(value)}; it must be a day like 2026-10-26, from ${FIRST} to ${LAST}.`,
  );
}
