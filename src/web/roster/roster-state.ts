import type { Metric, Segment } from '../../client/answers.ts';
import { parseDay } from '../days.ts';
import { METRICS, SEGMENTS } from '../metrics.ts';

export const ORDERS = [
  'name',
  'username',
  'email',
  'cohort',
  'enrollment_mode',
  'enrollment_date',
  'last_active',
  ...METRICS,
] as const;
export type Order = (typeof ORDERS)[number];

export const PAGE_SIZES = [25, 50, 100, 250] as const;

export interface Bound {
  readonly min: number | null;
  readonly max: number | null;
}

/** All that decides which learners are shown, and in which order. */
export interface RosterState {
  readonly search: string;
  readonly segments: readonly Segment[];
  /** Whether learners are in any of the segments, or in none of them. */
  readonly without: boolean;
  readonly cohort: string;
  readonly mode: string;
  readonly bounds: { readonly [metric in Metric]?: Bound };
  /** `[start, end)`; null: the current window. */
  readonly start: string | null;
  readonly end: string | null;
  readonly order: Order;
  readonly descending: boolean;
  readonly page: number;
  readonly size: number;
}

export const EVERYBODY: RosterState = {
  search: '',
  segments: [],
  without: false,
  cohort: '',
  mode: '',
  bounds: {},
  start: null,
  end: null,
  order: 'name',
  descending: false,
  page: 1,
  size: 25,
};

/** Shows another list. `replace` leaves no step to go back to. */
export type Change = (next: RosterState, how?: { readonly replace: boolean }) => void;

/** Reads an address; what cannot be is as if it were not there. The names are those of the API. */
export function parseRosterState(query: URLSearchParams): RosterState {
  const ignored = readSegments(query.get('ignore_segments'));
  const chosen = readSegments(query.get('segments'));
  const start = parseDay(query.get('start_date'));
  const end = parseDay(query.get('end_date'));
  const ranged = start !== null && end !== null && start < end;
  const size = Number(query.get('page_size'));
  return {
    search: (query.get('text_search') ?? '').trim(),
    segments: chosen.length > 0 ? chosen : ignored,
    without: chosen.length === 0 && ignored.length > 0,
    cohort: query.get('cohort') ?? '',
    mode: query.get('enrollment_mode') ?? '',
    bounds: readBounds(query),
    start: ranged ? start : null,
    end: ranged ? end : null,
    order: ORDERS.find((order) => order === query.get('order_by')) ?? EVERYBODY.order,
    descending: query.get('sort_order') === 'desc',
    page: readWhole(query.get('page')) ?? 1,
    size: PAGE_SIZES.find((known) => known === size) ?? EVERYBODY.size,
  };
}

/** The shortest address of a state. */
export function formatRosterState(state: RosterState): URLSearchParams {
  const query = formatFilters(state);
  if (state.order !== EVERYBODY.order) query.set('order_by', state.order);
  if (state.descending) query.set('sort_order', 'desc');
  if (state.page > 1) query.set('page', String(state.page));
  if (state.size !== EVERYBODY.size) query.set('page_size', String(state.size));
  return query;
}

/** The columns of a file: first those of the list and how to reach people, then all others. */
const FILE_FIELDS = [
  'name,username,email,cohort,enrollment_mode,enrollment_date,segments,last_active',
  METRICS.map((metric) => `engagements.${metric}`).join(','),
  'engagements,segment_reasons,country,city,location,language,level_of_education,year_of_birth,gender',
  'goals,bio,mailing_address,account_url,user_id,last_updated',
].join(',');

/** What a file of all learners that are chosen, in this order, is asked for with. */
export function formatExport(courseId: string, state: RosterState): URLSearchParams {
  const query = formatRosterState({ ...state, page: 1, size: EVERYBODY.size });
  query.set('course_id', courseId);
  query.set('order_by', state.order);
  query.set('fields', FILE_FIELDS);
  // spreadsheets take names for another encoding without
  query.set('bom', 'true');
  return query;
}

/** What a page of the list is asked for with. */
export function formatListQuery(courseId: string, state: RosterState): URLSearchParams {
  const query = formatFilters(state);
  query.set('course_id', courseId);
  query.set('order_by', state.order);
  query.set('sort_order', state.descending ? 'desc' : 'asc');
  query.set('page', String(state.page));
  query.set('page_size', String(state.size));
  if (state.search !== '') query.set('highlight', 'true');
  return query;
}

/** Who is in the list, by the names of the API: without the order and the page. */
export function formatFilters(state: RosterState): URLSearchParams {
  const query = new URLSearchParams();
  if (state.search !== '') query.set('text_search', state.search);
  if (state.segments.length > 0) query.set(state.without ? 'ignore_segments' : 'segments', state.segments.join(','));
  if (state.cohort !== '') query.set('cohort', state.cohort);
  if (state.mode !== '') query.set('enrollment_mode', state.mode);
  for (const metric of METRICS) {
    const { min = null, max = null } = state.bounds[metric] ?? {};
    if (min !== null) query.set(`${metric}_min`, String(min));
    if (max !== null) query.set(`${metric}_max`, String(max));
  }
  if (state.start !== null && state.end !== null) {
    query.set('start_date', state.start);
    query.set('end_date', state.end);
  }
  return query;
}

/** The same with other filters or another order, from the first page on. */
export function changeFilters(state: RosterState, change: Partial<RosterState>): RosterState {
  return { ...state, page: 1, ...change };
}

/** Everybody, in the same order unless a segment brought it. */
export function clearFilters(state: RosterState): RosterState {
  return { ...EVERYBODY, size: state.size, ...orderWithout(state) };
}

/** Whether a search looks among some learners only. */
export function isNarrowed(state: RosterState): boolean {
  return isFiltered({ ...state, search: '', start: null, end: null });
}

/** The same search in the same days among all learners. */
export function searchEverybody(state: RosterState, search: string): RosterState {
  const { start, end } = state;
  return { ...clearFilters(state), search, start, end };
}

/** Whether anything keeps somebody out of the list, the search and the days included. */
export function isFiltered(state: RosterState): boolean {
  return formatFilters(state).size > 0;
}

/** The order that a segment is best read in: the most stuck first, those who left last first. */
const SEGMENT_ORDERS: Readonly<Record<Segment, Pick<RosterState, 'order' | 'descending'>>> = {
  struggling: { order: 'problem_attempts_per_completed', descending: true },
  disengaging: { order: 'last_active', descending: true },
  inactive: { order: 'enrollment_date', descending: true },
  highly_engaged: { order: 'days_active', descending: true },
  unenrolled: { order: 'name', descending: false },
};

/** The order without segments: the one that a segment brought goes with it, one that the reader chose stays. */
function orderWithout({ segments, order, descending }: RosterState): Pick<RosterState, 'order' | 'descending'> {
  const brought = segments.some(
    (segment) => SEGMENT_ORDERS[segment].order === order && SEGMENT_ORDERS[segment].descending === descending,
  );
  return brought ? { order: EVERYBODY.order, descending: EVERYBODY.descending } : { order, descending };
}

/** The list with other segments than its own, or with none. */
export function withSegments(state: RosterState, segments: readonly Segment[]): Partial<RosterState> {
  return segments.length > 0 ? { segments } : { segments, ...orderWithout(state) };
}

/** The list without one of its segments. */
export function removeSegment(state: RosterState, segment: Segment): Partial<RosterState> {
  return withSegments(
    state,
    state.segments.filter((other) => other !== segment),
  );
}

/** Whether of the segments this one alone is wanted; other filters may be set besides. */
export function isOnlySegment({ without, segments }: RosterState, segment: Segment): boolean {
  return !without && segments.length === 1 && segments[0] === segment;
}

/** Only this segment; where it is among those that are shown, the list without it. */
export function toggleOnlySegment(state: RosterState, segment: Segment): RosterState {
  if (!state.without && state.segments.includes(segment)) return changeFilters(state, removeSegment(state, segment));
  return changeFilters(state, { segments: [segment], without: false, ...SEGMENT_ORDERS[segment] });
}

/**
 * A column once, then the other way round. Numbers are first of interest from the most on; days from the first on, since
 * descending begins with all who were never active.
 */
export function toggleOrder(state: RosterState, order: Order): RosterState {
  const startsDescending = METRICS.some((metric) => metric === order);
  return changeFilters(state, {
    order,
    descending: state.order === order ? !state.descending : startsDescending,
  });
}

function readSegments(text: string | null): Segment[] {
  const names = (text ?? '').split(',');
  return SEGMENTS.filter((segment) => names.includes(segment));
}

function readBounds(query: URLSearchParams): RosterState['bounds'] {
  const entries = METRICS.flatMap((metric) => {
    const min = readNumber(query.get(`${metric}_min`));
    const max = readNumber(query.get(`${metric}_max`));
    return min === null && max === null ? [] : [[metric, { min, max }] as const];
  });
  return Object.fromEntries(entries);
}

/** The largest bound. */
export const MOST_BOUND = 999_999_999_999;

/** A bound as an address and a field for numbers have it; null for anything else. */
export function readNumber(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  // so little has more decimals than the API takes
  const exact = value < 1e-3 ? Number(value.toFixed(6)) : value;
  return value >= 0 && value <= MOST_BOUND ? exact : null;
}

function readWhole(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
