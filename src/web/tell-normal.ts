import type { NormalRange } from './metrics.ts';
import type { Text } from './text.ts';

/** The normal values of a metric, as a sentence or a table has them. */
export function tellNormal(normal: NormalRange | null, { say, number }: Pick<Text, 'say' | 'number'>): string {
  if (normal === null) return '–';
  if (normal.form === 'infinite') return say('learner.rangeInfinite');
  const from = number(normal.from);
  if ('to' in normal) {
    const to = number(normal.to);
    return say(normal.form === 'below' ? 'learner.rangeBelow' : 'learner.rangeBetween', { from, to });
  }
  if (normal.form === 'single') return from;
  return say(normal.form === 'finite' ? 'learner.rangeFinite' : 'learner.rangeOpen', { from });
}
