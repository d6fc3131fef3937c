import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '../../client/api-error.ts';
import type { LearnerPage } from '../../client/answers.ts';
import { rosterQuery } from '../queries.ts';
import { navigate } from '../router.ts';
import { rosterPath } from '../routes.ts';
import { isByKeys } from '../shell/focus.ts';
import { Info } from '../shell/info.tsx';
import { SkipLink } from '../shell/skip-link.tsx';
import { Failure, nameLoss, PartFailure, Skeleton } from '../shell/states.tsx';
import { useToldCourse } from '../shell/use-told-course.ts';
import { useTitle } from '../shell/use-title.ts';
import { useText } from '../text.ts';
import { choose, chooseMore, countElsewhere, useChosen, withLearners } from './chosen.ts';
import { ChooseAll } from './choose-all.tsx';
import { Download } from './download.tsx';
import { FilterChips, findSearch } from './filter-chips.tsx';
import { Filters } from './filters.tsx';
import { focusLastOpened } from './last-opened.ts';
import { Legend } from './legend.tsx';
import { ListStatus } from './list-status.tsx';
import { Nobody } from './nobody.tsx';
import { OtherDays } from './other-days.tsx';
import { Pager } from './pager.tsx';
import { PrintedPart } from './printed-part.tsx';
import { QuietDays } from './quiet-days.tsx';
import { RosterHead } from './roster-head.tsx';
import { RosterTable, SortChoice } from './roster-table.tsx';
import {
  type Change,
  formatFilters,
  formatRosterState,
  isFiltered,
  parseRosterState,
  type RosterState,
  toggleOnlySegment,
} from './roster-state.ts';
import { SearchBox } from './search-box.tsx';
import { SegmentTiles } from './segment-tiles.tsx';
import { useCourse } from './use-course.ts';
import { WriteSeveral } from './write-several.tsx';

/** The home of a course: who is in it, and whom to look at. The address holds all of its state. */
export function RosterPage({ courseId, query }: { readonly courseId: string; readonly query: URLSearchParams }) {
  const { say } = useText();
  const state = parseRosterState(query);
  const change: Change = (next, how) => navigate(rosterPath(courseId, formatRosterState(next)), how);
  const roster = useQuery(rosterQuery(courseId, state));
  const snapshot = roster.data?.snapshot;
  const current = useCourse(courseId, undefined, snapshot);
  const course = useCourse(courseId, state, snapshot);
  const chosen = useChosen(courseId, roster.data?.results);
  useTitle(`${useToldCourse(courseId).title} – ${say('roster.title')}`);
  useFirstPageInstead(courseId, state, roster.error);
  useNextPageReady(courseId, state, roster.isPlaceholderData ? undefined : roster.data);
  useEffect(() => focusLastOpened(courseId), [courseId]);

  const count = useCount(courseId, state, roster.isPlaceholderData ? undefined : roster.data);
  const loss = nameLoss(roster);
  const failed = loss === 'all';
  const elsewhere = countElsewhere(chosen, failed ? [] : (roster.data?.results ?? []));
  // then nothing else of the course is to be had; until that is known, what was opened stays. The heading stays in any case
  if (failed && (isOfCourse(roster.error) || nameLoss(current) === 'all')) {
    return (
      <div className="roster-page">
        <RosterHead key="head" courseId={courseId} current={undefined} state={state} change={change} />
        <Failure error={roster.error} retry={() => void roster.refetch()} courseId={courseId} />
      </div>
    );
  }
  return (
    <div className="roster-page">
      {roster.data !== undefined && roster.data.count > 0 && (
        <SkipLink to=".roster a.open" label={say('roster.skip')} />
      )}
      <RosterHead key="head" courseId={courseId} current={current.data} state={state} change={change} />
      {nameLoss(current) === 'all' ? (
        <PartFailure note={say('state.groups')} retry={() => void current.refetch()} />
      ) : (
        <SegmentTiles
          course={current.data}
          state={state}
          choose={(segment) => change(toggleOnlySegment(state, segment))}
        />
      )}
      {roster.data !== undefined && current.isPending && <Skeleton lines={0} />}
      {!failed && nameLoss(course) === 'all' && nameLoss(current) !== 'all' && (
        <PartFailure note={say('state.normal')} retry={() => void course.refetch()} />
      )}
      <OtherDays state={state} current={current.data} change={change} />
      <div role="status">
        <QuietDays course={course.data} current={current.data} />
      </div>
      <div className="toolbar">
        <SearchBox courseId={courseId} state={state} change={change} />
        <Filters course={current.data} state={state} change={change} />
        <SortChoice state={state} change={change} />
        <Download courseId={courseId} state={state} count={count} snapshot={snapshot} />
      </div>
      <FilterChips state={state} change={change} />
      <div className="list-head">
        <Count count={failed ? undefined : count} total={current.data?.learner_count} state={state}>
          <ChooseAll
            key={formatRosterState({ ...state, page: 1 }).toString()}
            courseId={courseId}
            state={state}
            count={count ?? 0}
            snapshot={snapshot}
            choose={(learners) => chooseMore(courseId, learners)}
          />
          {roster.data && <PrintedPart list={roster.data} />}
        </Count>
        <Legend course={course.data} />
      </div>
      <ListStatus
        state={state}
        pages={failed || roster.isPlaceholderData ? undefined : roster.data?.num_pages}
        isOld={roster.isPlaceholderData}
        chosen={chosen.size}
        elsewhere={elsewhere}
      />
      {loss === 'news' && <PartFailure note={say('state.news')} retry={() => void roster.refetch()} />}
      {failed ? (
        <Failure error={roster.error} retry={() => void roster.refetch()} courseId={courseId} />
      ) : roster.data === undefined ? (
        <Skeleton lines={state.size > 25 ? 25 : state.size} className="rows" />
      ) : (
        <div className={roster.isPlaceholderData ? 'list updating' : 'list'} aria-busy={roster.isPlaceholderData}>
          {roster.data.results.length === 0 ? (
            <Nobody state={state} change={change} />
          ) : (
            <RosterTable
              courseId={courseId}
              course={course.data}
              learners={roster.data.results}
              state={state}
              change={change}
              isOld={roster.isPlaceholderData}
              isChosen={(username) => chosen.has(username)}
              setChosen={(learners, isChosen) => choose(courseId, withLearners(chosen, learners, isChosen))}
            />
          )}
          {roster.data.count > 0 && (
            <Pager pages={roster.data.num_pages} state={state} change={change} isOld={roster.isPlaceholderData} />
          )}
        </div>
      )}
      {chosen.size > 0 && (
        <WriteSeveral
          courseId={courseId}
          chosen={[...chosen.values()]}
          elsewhere={elsewhere}
          clear={() => {
            focusLastChosen();
            choose(courseId, new Map());
          }}
        />
      )}
    </div>
  );
}

/** The bar goes with what was pressed in it: on from the last of the page who was chosen. Only for keys does the page move there. */
function focusLastChosen(): void {
  const moves = isByKeys();
  const [last] = [...document.querySelectorAll<HTMLElement>('tr.chosen input')].slice(-1);
  const next = last ?? document.querySelector<HTMLElement>('thead input:enabled') ?? findSearch();
  next?.focus({ preventScroll: !moves });
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

/** Whether it is the course that the server does not give. */
function isOfCourse(error: unknown): boolean {
  return hasStatus(error, 403) || (error instanceof ApiError && error.code === 'no_course');
}

/** How many learners the list has: not known while another list than that is still shown. Its pages and orders have the same. */
function useCount(courseId: string, state: RosterState, page: LearnerPage | undefined): number | undefined {
  const list = `${courseId} ${formatFilters(state).toString()}`;
  const [known, setKnown] = useState({ list: '', count: 0 });
  if (page !== undefined && (known.list !== list || known.count !== page.count)) setKnown({ list, count: page.count });
  return page?.count ?? (known.list === list ? known.count : undefined);
}

/** A page that is not there any more, since fewer learners match than when the address was made. */
function useFirstPageInstead(courseId: string, state: RosterState, error: unknown): void {
  const gone = hasStatus(error, 400) && state.page > 1;
  const path = rosterPath(courseId, formatRosterState({ ...state, page: 1 }));
  useEffect(() => {
    if (gone) navigate(path, { replace: true });
  }, [gone, path]);
}

function useNextPageReady(courseId: string, state: RosterState, page: LearnerPage | undefined): void {
  const queries = useQueryClient();
  const more = page !== undefined && page.page === state.page && page.page < page.num_pages;
  const key = formatRosterState(state).toString();
  useEffect(() => {
    if (!more) return;
    const next = parseRosterState(new URLSearchParams(key));
    queries.query(rosterQuery(courseId, { ...next, page: next.page + 1 })).catch(() => {});
  }, [queries, courseId, more, key]);
}

function Count(props: {
  readonly count: number | undefined;
  readonly total: number | undefined;
  readonly state: RosterState;
  readonly children: ReactNode;
}) {
  const { say } = useText();
  const { count, total } = props;
  const filtered = isFiltered({ ...props.state, start: null, end: null });
  return (
    <div className="with-info">
      <p className="count" role="status">
        {count === undefined
          ? '\u00A0'
          : filtered && total !== undefined
            ? say('roster.countOf', { count, total })
            : say('roster.count', { count })}
      </p>
      {count !== undefined && (
        <Info term={say('roster.title')}>
          <p>{say('meaning.roster')}</p>
        </Info>
      )}
      {count !== undefined && props.children}
    </div>
  );
}
