import { METRICS } from '../engagement/metrics.ts';

/** Parameters whose values, once they were accepted, are of a closed set or are numbers and days. */
const TOLD = new Set<string>([
  'start_date',
  'end_date',
  'segments',
  'ignore_segments',
  'cohort',
  'enrollment_mode',
  ...METRICS.flatMap((metric) => [`${metric}_min`, `${metric}_max`]),
]);

/** What a request that was answered filtered by, for the audit: of a search only that there was one. */
export function describeFilter(url: string): string {
  const filter = new URLSearchParams();
  for (const [name, value] of new URL(url).searchParams) {
    if (value === '') continue;
    if (TOLD.has(name)) filter.append(name, value);
    else if (name === 'text_search') filter.append(name, '*');
  }
  filter.sort();
  return filter.toString();
}
