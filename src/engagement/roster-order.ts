import { METRICS } from './metrics.ts';

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
/**
 * What a roster can be ordered by: a total order, in which the username breaks ties. Null sorts last ascending, first descending;
 * names sort without regard to case.
 */
export type RosterOrder = (typeof ROSTER_ORDERS)[number];
