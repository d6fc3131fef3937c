import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Course, CourseInList } from '../answers.ts';
import { readCourseName } from '../course-name.ts';
import { Link } from '../link.tsx';
import { courseQuery, coursesQuery } from '../queries.ts';
import { rosterPath } from '../routes.ts';
import { navigate } from '../router.ts';
import { Failure, Notice, Skeleton } from '../shell/states.tsx';
import { useTitle } from '../shell/use-title.ts';
import { useText } from '../text.ts';

/** More than these are found by their name, and only these are asked how they are. */
const MOST = 60;
const SEARCHED_FROM = 7;

/** The courses I may see. Who has one only goes straight in, unless they came back from it. */
export function CoursesPage({ stay }: { readonly stay: boolean }) {
  const { say } = useText();
  const courses = useQuery(coursesQuery);
  const [text, setText] = useState('');
  useTitle(say('courses.title'));
  const only = courses.data?.length === 1 && !stay ? courses.data[0] : undefined;
  useEffect(() => {
    if (only !== undefined) navigate(rosterPath(only.course_id), { replace: true });
  }, [only]);

  if (courses.isPending || only !== undefined) return <Skeleton lines={6} className="cards" />;
  if (courses.isError) return <Failure alone error={courses.error} retry={() => void courses.refetch()} />;
  if (courses.data.length === 0) {
    return (
      <Notice alone title={say('courses.none.title')}>
        <p>{say('courses.none.text')}</p>
      </Notice>
    );
  }
  const found = courses.data.filter(({ course_id }) => course_id.toLowerCase().includes(text.trim().toLowerCase()));
  return (
    <div className="courses">
      <div className="page-head">
        <h1>{say('courses.title')}</h1>
        <p className="quiet" role="status">
          {say('courses.count', { count: found.length })}
        </p>
      </div>
      {courses.data.length >= SEARCHED_FROM && (
        <label className="field">
          {say('courses.search')}
          <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
      )}
      {found.length === 0 && <p>{say('courses.noMatch', { text })}</p>}
      <CourseCards courses={found.slice(0, MOST)} />
    </div>
  );
}

function CourseCards({ courses }: { readonly courses: readonly CourseInList[] }) {
  const details = useQueries({ queries: courses.map(({ course_id }) => courseQuery(course_id)) });
  return (
    <ul className="cards">
      {courses.map((course, index) => (
        <CourseCard key={course.course_id} course={course} detail={details[index]?.data} />
      ))}
    </ul>
  );
}

function CourseCard({ course, detail }: { readonly course: CourseInList; readonly detail: Course | undefined }) {
  const { say, day } = useText();
  const { org, course: name, run, ccx } = readCourseName(course.course_id);
  const quiet = detail?.engagement_averages.days_active.learners === 0;
  return (
    <li className="card">
      <h2>
        <Link to={rosterPath(course.course_id)}>{name}</Link>
      </h2>
      <p className="quiet">
        {say('course.meta', { org, run })}
        {ccx !== null && ` · ${say('course.ccx', { ccx })}`}
      </p>
      <p className="big">{say('courses.learners', { count: course.learner_count })}</p>
      <p className="state">
        {detail === undefined ? '\u00A0' : quiet ? say('courses.quiet') : say('courses.state', detail.segments)}
      </p>
      <p className="quiet small">{say('courses.updated', { day: day(course.last_updated) })}</p>
    </li>
  );
}
