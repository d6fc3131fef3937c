import { NO_DATE, TRUE } from './checks.ts';

/** SQL of the value of a cell, from its text; an empty cell of a number, a date or a switch says nothing. */
export function convertCell(column: string): string {
  switch (column) {
    case 'user_id':
      return "CAST(if(user_id = '', NULL, toUInt64OrZero(user_id)), 'Nullable(UInt64)')";
    case 'year_of_birth':
      return "CAST(toInt32OrNull(year_of_birth), 'Nullable(Int32)')";
    case 'enrollment_date':
      return `CAST(if(${NO_DATE}, NULL, parseDateTime64BestEffortOrNull(enrollment_date, 6, 'UTC')), 'Nullable(DateTime64(6, \\'UTC\\'))')`;
    case 'is_active':
    case 'retired':
      return `CAST(if(${column} = '', NULL, lower(${column}) IN (${TRUE})), 'Nullable(Bool)')`;
    default:
      return `CAST(toValidUTF8(${column}), 'Nullable(String)')`;
  }
}
