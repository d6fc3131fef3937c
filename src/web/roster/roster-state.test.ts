import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  changeFilters,
  clearFilters,
  EVERYBODY,
  formatExport,
  formatListQuery,
  formatRosterState,
  isFiltered,
  isNarrowed,
  isOnlySegment,
  parseRosterState,
  readNumber,
  removeSegment,
  searchEverybody,
  type RosterState,
  toggleOnlySegment,
  toggleOrder,
} from './roster-state.ts';

const FULL: RosterState = {
  search: 'maría núñez',
  segments: ['struggling', 'inactive'],
  without: true,
  cohort: 'Cohort A & B',
  mode: 'verified',
  bounds: {
    problem_attempts_per_completed: { min: 1.5, max: 9 },
    videos_viewed: { min: null, max: 0 },
    discussion_contributions: { min: 0, max: null },
  },
  start: '2026-02-01',
  end: '2026-03-01',
  order: 'last_active',
  descending: true,
  page: 41_007,
  size: 100,
};

describe('the state of the roster in the address', () => {
  test('comes back as it was', () => {
    for (const state of [EVERYBODY, FULL, { ...FULL, without: false }, { ...FULL, page: 2 }]) {
      assert.deepEqual(parseRosterState(new URLSearchParams(formatRosterState(state).toString())), state);
    }
  });

  test('says nothing of what is as always', () => assert.equal(formatRosterState(EVERYBODY).toString(), ''));

  test('is everybody where it makes no sense', () => {
    const query =
      'segments=clever&page=-3&page_size=7&order_by=shoe_size&videos_viewed_max=many&start_date=2026-02-30&end_date=2026-03-09';
    assert.deepEqual(parseRosterState(new URLSearchParams(query)), EVERYBODY);
    assert.deepEqual(parseRosterState(new URLSearchParams('text_search=+%09')), EVERYBODY);
    assert.deepEqual(parseRosterState(new URLSearchParams('start_date=2026-03-09&end_date=2026-03-02')), EVERYBODY);
    assert.deepEqual(parseRosterState(new URLSearchParams('start_date=2026-03-09&end_date=2026-03-09')), EVERYBODY);
    for (const page of ['0', '07', '1234567890', '1.5'])
      assert.deepEqual(parseRosterState(new URLSearchParams({ page })), EVERYBODY, page);
  });

  test('has segments, or others to leave out, and not both', () => {
    const { segments, without } = parseRosterState(new URLSearchParams('segments=struggling&ignore_segments=inactive'));
    assert.deepEqual([segments, without], [['struggling'], false]);
  });
});

test('a file is asked for with every filter and the order, and without a page', () => {
  const query = formatExport('course-v1:a+b+c', FULL);
  assert.equal(formatExport('course-v1:a+b+c', EVERYBODY).get('order_by'), EVERYBODY.order);
  assert.equal(query.get('course_id'), 'course-v1:a+b+c');
  assert.equal(query.get('ignore_segments'), 'struggling,inactive');
  assert.equal(query.get('order_by'), 'last_active');
  assert.equal(query.get('videos_viewed_max'), '0');
  assert.equal(query.has('page') || query.has('page_size'), false);
  assert.match(query.get('fields') ?? '', /^name,username,email,/);
  assert.equal(query.get('bom'), 'true');
});

test('matches are asked for where there is a search', () => {
  assert.equal(formatListQuery('a/b/c', FULL).get('sort_order'), 'desc');
  assert.equal(formatListQuery('a/b/c', EVERYBODY).has('highlight'), false);
  assert.equal(formatListQuery('a/b/c', FULL).get('highlight'), 'true');
});

test('other filters start on the first page; clearing them keeps order and size', () => {
  assert.equal(changeFilters(FULL, { cohort: '' }).page, 1);
  const cleared = clearFilters(FULL);
  assert.deepEqual(cleared, { ...EVERYBODY, order: 'last_active', descending: true, size: 100 });
  assert.equal(isFiltered(cleared), false);
  assert.equal(isFiltered(FULL), true);
});

test('a search looks among all learners again, in the same days', () => {
  const everybody = searchEverybody(FULL, 'núñez');
  assert.equal(everybody.search, 'núñez');
  assert.deepEqual([everybody.start, everybody.end], [FULL.start, FULL.end]);
  assert.deepEqual([isNarrowed(FULL), isNarrowed(everybody)], [true, false]);
});

test('a segment is chosen alone, with its order, and let go again', () => {
  const chosen = toggleOnlySegment(FULL, 'struggling');
  assert.deepEqual(
    [chosen.segments, chosen.without, chosen.order, chosen.descending, chosen.page],
    [['struggling'], false, 'problem_attempts_per_completed', true, 1],
  );
  assert.deepEqual(toggleOnlySegment(chosen, 'struggling').segments, []);
  assert.deepEqual(
    [chosen, { ...chosen, without: true }, { ...FULL, without: false }].map((state) =>
      isOnlySegment(state, 'struggling'),
    ),
    [true, false, false],
  );
});

test('each segment is read in its order: last active or enrolled first, the most active first, who left by name', () => {
  const orders = (['disengaging', 'inactive', 'highly_engaged', 'unenrolled'] as const).map((segment) => {
    const { order, descending } = toggleOnlySegment(EVERYBODY, segment);
    return [order, descending];
  });
  assert.deepEqual(orders, [
    ['last_active', true],
    ['enrollment_date', true],
    ['days_active', true],
    ['name', false],
  ]);
});

test('the order that a segment brought goes with it, and one that was chosen stays', () => {
  const brought = toggleOnlySegment(EVERYBODY, 'disengaging');
  assert.equal(brought.order, 'last_active');
  assert.deepEqual(clearFilters(brought), EVERYBODY);
  assert.deepEqual(changeFilters(brought, removeSegment(brought, 'disengaging')), EVERYBODY);
  const chosen = toggleOrder(brought, 'videos_viewed');
  assert.equal(clearFilters(chosen).order, 'videos_viewed');
  assert.equal(removeSegment(chosen, 'disengaging').order, 'videos_viewed');
  assert.equal(clearFilters(toggleOrder(brought, 'last_active')).order, 'last_active');
  const two: RosterState = { ...brought, segments: ['struggling', 'disengaging'] };
  assert.deepEqual(removeSegment(two, 'struggling'), { segments: ['disengaging'] });
});

test('a column sorts once this way and once that', () => {
  assert.equal(toggleOrder(EVERYBODY, 'name').descending, true);
  const first = toggleOrder(EVERYBODY, 'videos_viewed');
  assert.deepEqual([first.order, first.descending], ['videos_viewed', true]);
  assert.equal(toggleOrder(first, 'videos_viewed').descending, false);
  assert.equal(toggleOrder(first, 'name').descending, false);
  // descending, those who were never active come first
  assert.equal(toggleOrder(first, 'last_active').descending, false);
});

test('bounds are numbers that can be', () => {
  const texts = [
    '4.5',
    ' 3 ',
    '0',
    '1e3',
    '',
    ' ',
    '-1',
    '1,000',
    'x',
    '1e12',
    'Infinity',
    '1.6666666666666667',
    '1e-7',
  ];
  assert.deepEqual(texts.map(readNumber), [4.5, 3, 0, 1000, null, null, null, null, null, null, null, 5 / 3, 0]);
});
