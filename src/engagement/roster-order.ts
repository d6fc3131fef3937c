import { METRICS, RATIO_METRIC } from './metrics.ts';
import { foldSql } from './search-text.ts';

export const ROSTER_ORDERS = [
  'username',
  'name',
  'email',
  'cohort',
  'enrollment_mode',
  'enrollment_date',
  'last_active',
  ...METRICS,
  'attempt_ratio_order',
] as const;
/** What a roster can be ordered by. */
export type RosterOrder = (typeof ROSTER_ORDERS)[number];

/** A total order: the username breaks ties. Null sorts last ascending, first descending; names sort without regard to case. */
export function orderSql(orderBy: RosterOrder, descending: boolean): string {
  const [direction, opposite] = descending ? ['DESC NULLS FIRST', 'ASC'] : ['ASC NULLS LAST', 'DESC'];
  if (orderBy === 'username') return `username ${direction}`;
  if (orderBy === RATIO_METRIC) return `${RATIO_METRIC} ${direction}, attempt_ratio_order ${opposite}, username`;
  return `${keySql(orderBy)} ${direction}, username`;
}

/**
 * The condition for what comes after the learner `{after:String}` of the snapshot in that order. What the username order
 * asks for is found by the primary key.
 */
export function afterSql(orderBy: RosterOrder, descending: boolean): string {
  if (orderBy === 'username') return `username ${descending ? '<' : '>'} {after:String}`;
  const tie =
    orderBy === RATIO_METRIC
      ? laterSql('attempt_ratio_order', !descending, 'username > {after:String}')
      : 'username > {after:String}';
  return laterSql(keySql(orderBy), descending, tie);
}

function laterSql(key: string, descending: boolean, tie: string): string {
  const last = `(SELECT ${key} FROM learners WHERE snapshot = {snapshot:UInt64} AND username = {after:String})`;
  const beyondNull = descending ? `${key} IS NOT NULL AND ${last} IS NULL` : `${key} IS NULL AND ${last} IS NOT NULL`;
  const same = `(${key} = ${last} OR (${key} IS NULL AND ${last} IS NULL))`;
  return `(${key} ${descending ? '<' : '>'} ${last} OR (${beyondNull}) OR (${same} AND ${tie}))`;
}

function keySql(orderBy: RosterOrder): string {
  return orderBy === 'name' ? foldSql('name') : orderBy;
}
