import { AppError } from '../errors.ts';

/** The formats of a list or a timeline, the first being the default. */
const OFFERED = ['application/json', 'text/csv'] as const;

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The format that a request prefers among those there are.
 * @throws AppError `not_acceptable` when it excludes them all
 */
export function requireFormat(accept: string | null): (typeof OFFERED)[number] {
  if (accept === null) return OFFERED[0];
  const ranges = parseAccept(accept);
  if (ranges.length === 0) return OFFERED[0];
  const [best] = OFFERED.map((type) => ({ type, quality: rate(type, ranges) })).toSorted(
    (a, b) => b.quality - a.quality,
  );
  if (best !== undefined && best.quality > 0) return best.type;
  throw new AppError('not_acceptable', `${JSON.stringify(accept)} cannot be answered; there is ${OFFERED.join(', ')}.`);
}

function parseAccept(accept: string): MediaRange[] {
  return accept
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim().toLowerCase()))
    .flatMap(([type = '', ...params]) => {
      const quality = Number(params.find((param) => param.startsWith('q='))?.slice(2) ?? 1);
      return type === '' ? [] : [{ type, quality: Number.isNaN(quality) ? 1 : quality }];
    });
}

/** The most specific range that a type falls in decides (RFC 9110, 12.5.1). */
function rate(type: string, ranges: readonly MediaRange[]): number {
  const names = [type, type.replace(/\/.*/, '/*'), '*/*'];
  const match = names.map((name) => ranges.find((range) => range.type === name)).find((range) => range !== undefined);
  return match?.quality ?? 0;
}
