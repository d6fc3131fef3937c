import { tellCount } from '../tell-count.ts';

/** How serious something is: as it should be, worth knowing, or in the way of what the product is for. */
export type FindingState = 'ok' | 'warning' | 'fault';

/** What doctor looks at, in this order. */
export const PARTS = ['configuration', 'store', 'logs', 'lms', 'freshness', 'access', 'audit'] as const;

export interface Finding {
  readonly part: (typeof PARTS)[number];
  readonly state: FindingState;
  /** A sentence or two for the operator; no passwords, and no names of learners. */
  readonly message: string;
  /** What to do about it; every fault has one. */
  readonly remedy?: string;
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** In the largest unit that fits, of powers of 1000: `1.5 GB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** How long ago an instant was, in words. */
export function formatAge(instant: string, now: Date): string {
  const minutes = (now.getTime() - Date.parse(instant)) / 60_000;
  if (minutes < -1) return 'in the future (see the clock)';
  if (minutes < 1) return 'less than a minute ago';
  if (minutes < 120) return `${tellCount(Math.round(minutes), 'minute')} ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours ago` : `${Math.floor(minutes / 1440)} days ago`;
}
