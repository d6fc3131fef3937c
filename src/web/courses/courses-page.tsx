import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { ListedCourse } from '../../client/answers.ts';
import { Link } from '../link.tsx';
import { coursesQuery } from '../queries.ts';
import { EVERYBODY, formatRosterState, toggleOnlySegment } from '../roster/roster-state.ts';
import { rosterPath, withQuery } from '../routes.ts';
import { navigate, readPlace } from '../router.ts';
import { SegmentInfo } from '../shell/definitions.tsx';
import { useFreshness } from '../shell/freshness.tsx';
import { SegmentShape } from '../shell/marks.tsx';
import { passFocusOn } from '../shell/focus.ts';
import { Failure, nameLoss, Notice, PartFailure, Skeleton } from '../shell/states.tsx';
import { useHeading } from '../shell/use-heading.ts';
import { useTitle } from '../shell/use-title.ts';
import { tellCourse } from '../tell-course.ts';
import { type Text, useText } from '../text.ts';

/** The groups that somebody may want to write to. */
const COUNTED = ['struggling', 'disengaging', 'inactive'] as const;
const SHOWN_AT_ONCE = 60;
const SEARCHED_FROM = 7;

/** The courses I may see. Who has one only goes straight in, unless they came back from it. The address holds the search. */
export function CoursesPage({ query }: { readonly query: URLSearchParams }) {
  const { say, locale } = useText();
  const courses = useQuery(coursesQuery);
  const text = query.get('q') ?? '';
  /** Where the courses are few, too: the field for it stays when it is empty, under who goes on typing. */
  const [isSearched, setSearched] = useState(false);
  if (text !== '' && !isSearched) setSearched(true);
  const most = Math.max(SHOWN_AT_ONCE, Number(query.get('shown')) || 0);
  const set = (name: 'q' | 'shown', value: string) => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    navigate(withQuery(readPlace().path, next), { replace: true });
  };
  useTitle(say('courses.title'));
  const only = courses.data?.length === 1 && !query.has('all') ? courses.data[0] : undefined;
  useEffect(() => {
    if (only !== undefined) navigate(rosterPath(only.course_id), { replace: true });
  }, [only]);

  const heading = useHeading(courses.data !== undefined && only === undefined);
  const loss = nameLoss(courses);

  if (loss === 'all') return <Failure alone error={courses.error} retry={() => void courses.refetch()} />;
  if (courses.data === undefined || only !== undefined) return <Skeleton lines={6} className="cards" />;
  if (courses.data.length === 0) {
    return (
      <Notice alone title={say('courses.none.title')}>
        <p>{say('courses.none.text')}</p>
      </Notice>
    );
  }
  const found = sortCourses(findCourses(courses.data, text, say), { say, locale });
  return (
    <div className="courses">
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {say('courses.title')}
        </h1>
        <p className="quiet" role="status">
          {say('courses.count', { count: found.length })}
        </p>
        {text !== '' && <p className="print-only">{say('roster.chips.search', { text })}</p>}
        {courses.data.some((course) => course.active_learners > 0) && (
          <ul className="counted">
            {COUNTED.map((segment) => (
              <li key={segment}>
                <SegmentShape segment={segment} />
                {say(`segment.${segment}`)}
                <SegmentInfo segment={segment} />
              </li>
            ))}
          </ul>
        )}
      </div>
      {(courses.data.length >= SEARCHED_FROM || isSearched) && (
        <label className="field">
          {say('courses.search')}
          <input type="search" value={text} onChange={(event) => set('q', event.target.value)} />
        </label>
      )}
      {loss === 'news' && <PartFailure note={say('state.news')} retry={() => void courses.refetch()} />}
      {found.length === 0 && <p>{say('courses.noMatch', { text })}</p>}
      <ul className="cards">
        {found.slice(0, most).map((course) => (
          <CourseCard key={course.course_id} course={course} />
        ))}
      </ul>
      {found.length > most && (
        <p className="actions" ref={passFocusOn}>
          <button type="button" className="button" onClick={() => set('shown', String(most + SHOWN_AT_ONCE))}>
            {say('courses.more', { count: Math.min(SHOWN_AT_ONCE, found.length - most) })}
          </button>
        </p>
      )}
    </div>
  );
}

/** Those in whose id, or in what their card says of it, every word occurs, with accents or without. */
function findCourses(courses: readonly ListedCourse[], text: string, say: Text['say']): ListedCourse[] {
  const terms = fold(text).split(/[\s·]+/);
  return courses.filter(({ course_id, name }) => {
    const { title, details } = tellCourse(course_id, name, say);
    const told = fold(`${course_id} ${title} ${details}`);
    return terms.every((term) => told.includes(term));
  });
}

function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** By what their cards begin with, as the reader's language orders it. */
function sortCourses(courses: readonly ListedCourse[], { say, locale }: Pick<Text, 'say' | 'locale'>): ListedCourse[] {
  const { compare } = new Intl.Collator(locale, { numeric: true });
  const told = courses.map((listed) => ({ listed, ...tellCourse(listed.course_id, listed.name, say) }));
  return told
    .toSorted((a, b) => compare(a.title, b.title) || compare(a.details, b.details))
    .map(({ listed }) => listed);
}

function CourseCard({ course }: { readonly course: ListedCourse }) {
  const { say } = useText();
  const freshness = useFreshness();
  const { title, details } = tellCourse(course.course_id, course.name, say);
  return (
    <li className="card">
      <h2>
        <Link to={rosterPath(course.course_id)}>
          <bdi>{title}</bdi>
        </Link>
      </h2>
      <p className="quiet">{details}</p>
      <p className="big">
        {say('roster.count', { count: course.learner_count })}{' '}
        {course.active_learners > 0 && <small>{say('courses.active', { count: course.active_learners })}</small>}
      </p>
      <p className="state">
        {course.active_learners === 0 ? (
          say('courses.quiet')
        ) : (
          <>
            {COUNTED.map((segment) => (
              <Count key={segment} course={course} segment={segment} />
            ))}
          </>
        )}
      </p>
      <p className="quiet small">{freshness(course)}</p>
    </li>
  );
}

/** How many are in a group, and the way to them. */
function Count(props: { readonly course: ListedCourse; readonly segment: (typeof COUNTED)[number] }) {
  const { say } = useText();
  const { course, segment } = props;
  const count = course.segments[segment];
  const text = say(`courses.${segment}`, { count });
  if (count === 0) return <span className="quiet">{text}</span>;
  const state = formatRosterState(toggleOnlySegment(EVERYBODY, segment));
  return (
    <Link className={`badge segment-${segment}`} to={rosterPath(course.course_id, state)}>
      <SegmentShape segment={segment} />
      {text}
    </Link>
  );
}
