import { AppError } from './errors.ts';

/** What the LMS calls accounts that it retires: how their names and addresses begin, and with an `@` how their addresses end. */
export type RetiredAs = readonly string[];

/** By the settings that Open edX comes with. */
export const RETIRED_AS: RetiredAs = ['retired__user_', '@retired.invalid'];

/** Shorter ones would take people for retired who are not, and empty what is known of them. */
const SHORTEST = 4;

/** @throws AppError `usage` */
export function parseRetiredAs(marks: readonly string[]): RetiredAs {
  if (marks.length > 0 && marks.every((mark) => mark.length >= SHORTEST)) return marks;
  throw new AppError(
    'usage',
    `LMS_RETIRED_AS is ${JSON.stringify(marks.join(','))}; it must be beginnings of names and addresses, and ends of addresses from the @ on, of at least ${SHORTEST} characters, like ${RETIRED_AS.join(',')}.`,
  );
}
