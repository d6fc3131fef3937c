import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { KnownLearner } from '../answers.ts';
import { Link } from '../link.tsx';
import { courseQuery, learnerQuery } from '../queries.ts';
import { rememberOpened } from '../roster/last-opened.ts';
import { formatRosterState, parseRosterState } from '../roster/roster-state.ts';
import { rosterPath } from '../routes.ts';
import { CourseLabel } from '../shell/course-label.tsx';
import { useFreshness } from '../shell/freshness.tsx';
import { Icon } from '../shell/icons.tsx';
import { encodeAddress, isAddress } from '../shell/mailto.ts';
import { PartFailure, Failure, Skeleton, nameLoss } from '../shell/states.tsx';
import { useHeading } from '../shell/use-heading.ts';
import { useToldCourse } from '../shell/use-told-course.ts';
import { useTitle } from '../shell/use-title.ts';
import { useText } from '../text.ts';
import { Avatar } from './avatar.tsx';
import { LearnerFacts } from './learner-facts.tsx';
import { LearnerNumbers } from './learner-numbers.tsx';
import { LearnerSegments } from './learner-segments.tsx';
import { Neighbours } from './neighbours.tsx';
import { Timeline } from './timeline.tsx';
import { readTimelineDays } from './timeline-days.ts';
import { Tidbits } from './tidbits.tsx';
import { WriteOne } from './write-one.tsx';

/** All about one learner of a course. The address also holds the list that the learner was opened from. */
export function LearnerPage(props: {
  readonly courseId: string;
  readonly username: string;
  readonly query: URLSearchParams;
}) {
  const { say } = useText();
  const { courseId, username, query } = props;
  const state = parseRosterState(query);
  const learner = useQuery(learnerQuery(courseId, username, state));
  const loss = nameLoss(learner);
  const name = (loss === 'all' ? null : learner.data?.name) ?? username;
  useTitle(`${name} – ${useToldCourse(courseId).title}`);
  useEffect(() => rememberOpened(courseId, username), [courseId, username]);
  return (
    <div className="learner-page">
      <nav className="crumbs" aria-label={say('learner.ways')}>
        <Link className="course" to={rosterPath(courseId)}>
          <span>
            <CourseLabel courseId={courseId} />
          </span>
        </Link>
        <Link to={rosterPath(courseId, formatRosterState(state))}>
          <Icon name="back" /> {say('learner.back')}
        </Link>
        <Neighbours courseId={courseId} username={username} state={state} days={readTimelineDays(query)} />
      </nav>
      {learner.isPending && <Skeleton lines={8} className="learner" />}
      {loss === 'all' && (
        <Failure
          alone
          error={learner.error}
          retry={() => void learner.refetch()}
          courseId={courseId}
          username={username}
        />
      )}
      {loss === 'news' && <PartFailure note={say('state.news')} retry={() => void learner.refetch()} />}
      {loss !== 'all' && learner.data && <Content courseId={courseId} learner={learner.data} query={query} />}
    </div>
  );
}

function Content(props: {
  readonly courseId: string;
  readonly learner: KnownLearner;
  readonly query: URLSearchParams;
}) {
  const { say } = useText();
  const { courseId, learner, query } = props;
  const course = useQuery(courseQuery(courseId, parseRosterState(query)));
  const current = useQuery(courseQuery(courseId));
  const window = current.data?.engagement_ranges.date_range;
  const freshness = useFreshness();
  const heading = useHeading();
  return (
    <>
      <header className="learner-head">
        <Avatar courseId={courseId} learner={learner} />
        <div className="who">
          <h1 ref={heading} tabIndex={-1}>
            <bdi>{learner.name ?? learner.username}</bdi>
          </h1>
          <p className="quiet">
            {learner.name !== null && <bdi>{learner.username}</bdi>}
            {isAddress(learner.email) ? (
              <a href={`mailto:${encodeAddress(learner.email)}`}>{learner.email}</a>
            ) : (
              learner.email
            )}
            {course.data && <span className="print-only">{freshness(course.data)}</span>}
          </p>
        </div>
        <div className="actions">
          <WriteOne courseId={courseId} learner={learner} />
          <button type="button" className="button print-button" onClick={() => print()}>
            <Icon name="print" />
            <span>{say('learner.print')}</span>
          </button>
        </div>
      </header>
      <div className="learner-columns">
        <LearnerFacts courseId={courseId} learner={learner} />
        <div className="main-column">
          <div className="pair-of-panels">
            <LearnerSegments learner={learner} current={window} />
            <Tidbits courseId={courseId} learner={learner} />
          </div>
          {course.data && <LearnerNumbers learner={learner} course={course.data} />}
          {(course.isPending || current.isPending) && <Skeleton lines={0} />}
          {nameLoss(course) === 'all' && <PartFailure retry={() => void course.refetch()} />}
          {current.isError && window === undefined && nameLoss(course) !== 'all' && (
            <PartFailure retry={() => void current.refetch()} />
          )}
          {window && course.data && (
            <Timeline courseId={courseId} learner={learner} window={window} course={course.data} query={query} />
          )}
        </div>
      </div>
    </>
  );
}
