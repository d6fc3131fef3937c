import type { Metric } from '../../client/answers.ts';
import { describeNormal, type NormalAndAbove, type NormalRange } from '../metrics.ts';

/** Where things lie on a bar from 0 to a bit more than all of them, in percent; what is infinite, at its end. */
export interface BarGeometry {
  /** The first and last normal values, as they are told; null where nothing is normal. */
  readonly normal: readonly [start: number, end: number] | null;
  readonly mean: number | null;
  readonly value: number | null;
}

/** Of a bar: up to here is what can be counted, behind it what is infinite. */
const COUNTABLE = 92;

/** `mean` and `value` are null where there is none; a `value` of Infinity is behind all that can be counted. */
export function layOutBar(
  metric: Metric,
  ranges: NormalAndAbove,
  mean: number | null,
  value: number | null,
): BarGeometry {
  const [start, end] = ranges.average;
  const finite = value === Infinity ? 0 : (value ?? 0);
  const most = Math.max(start ?? 0, end ?? 0, mean ?? 0, finite) * 1.15 || 1;
  const percent = (number: number) => (number === Infinity ? 100 : Math.round((number / most) * 1000) / 10);
  return {
    normal: layOutNormal(describeNormal(metric, ranges), percent),
    mean: mean === null ? null : percent(mean),
    value: value === null ? null : percent(value),
  };
}

function layOutNormal(normal: NormalRange | null, percent: (number: number) => number): BarGeometry['normal'] {
  if (normal === null) return null;
  if (normal.form === 'infinite') return [COUNTABLE, 100];
  const from = percent(normal.from);
  if ('to' in normal) return [from, percent(normal.to)];
  if (normal.form === 'single') return [from, from];
  return [from, normal.form === 'finite' ? COUNTABLE : 100];
}
