import { AppError } from '../errors.ts';
import { readQualities } from './qualities.ts';

/** The formats of a list or a timeline, the first being the default. */
const OFFERED = ['application/json', 'text/csv'] as const;

/**
 * The format that a request prefers among those there are.
 * @throws AppError `not_acceptable` when it excludes them all
 */
export function requireFormat(accept: string | null): (typeof OFFERED)[number] {
  if (accept === null) return OFFERED[0];
  const ranges = readQualities(accept);
  if (ranges.size === 0) return OFFERED[0];
  const [best] = OFFERED.map((type) => ({ type, quality: rate(type, ranges) })).toSorted(
    (a, b) => b.quality - a.quality,
  );
  if (best !== undefined && best.quality > 0) return best.type;
  throw new AppError('not_acceptable', `${JSON.stringify(accept)} cannot be answered; there is ${OFFERED.join(', ')}.`);
}

/** The most specific range that a type falls in decides (RFC 9110, 12.5.1). */
function rate(type: string, ranges: ReadonlyMap<string, number>): number {
  const names = [type, type.replace(/\/.*/, '/*'), '*/*'];
  return names.map((name) => ranges.get(name)).find((quality) => quality !== undefined) ?? 0;
}
