import { METRICS } from '../engagement/metrics.ts';
import { readSearch } from './query.ts';

const DATES = ['start_date', 'end_date'] as const;

/**
 * Parameters whose values, once they were accepted, are of a closed set or are numbers and days. Only lists look at most of
 * them; to another resource they may say anything.
 */
const OF_LIST = new Set<string>([
  ...DATES,
  'segments',
  'ignore_segments',
  'cohort',
  'enrollment_mode',
  'text_search',
  ...METRICS.flatMap((metric) => [`${metric}_min`, `${metric}_max`]),
]);
const OF_OTHERS = new Set<string>(DATES);
/** They take no parameters but the course, and check none. */
const OF_ACCOUNTS = new Set<string>();

/** What a request that was answered filtered by, for the audit: of a search only that there was one. */
export function describeFilter(url: string, resource: string): string {
  const isList = /^learners(?:\.csv)?$/.test(resource);
  const told = isList ? OF_LIST : resource.startsWith('accounts/') ? OF_ACCOUNTS : OF_OTHERS;
  const filter = new URLSearchParams();
  for (const [name, value] of readSearch(url)) {
    if (value !== '' && told.has(name)) filter.set(name, tellValue(name, value, filter.get(name)));
  }
  filter.sort();
  return filter.toString();
}

/**
 * As short as it can be said: an address has room for a number of thousands of digits, or the same group hundreds of times, and entries are kept long.
 * @param before what an earlier one of the name says, of which there are groups alone
 */
function tellValue(name: string, value: string, before: string | null): string {
  if (name === 'text_search') return '*';
  if (/_m(?:in|ax)$/.test(name)) return String(Number(value));
  if (!name.endsWith('segments')) return value;
  const groups = `${before ?? ''},${value}`.split(',').map((group) => group.trim());
  return [...new Set(groups.filter((group) => group !== ''))].join(',');
}
