import { useQuery } from '@tanstack/react-query';
import { courseQuery, coursesQuery } from '../queries.ts';
import { type ToldCourse, tellCourse } from '../tell-course.ts';
import { useText } from '../text.ts';

/** A course in words, as soon as what its page asks for, or the list of courses, tells what it is called; by its key until then. */
export function useToldCourse(courseId: string): ToldCourse {
  const { say } = useText();
  const course = useQuery({ ...courseQuery(courseId), enabled: false });
  const courses = useQuery({ ...coursesQuery, enabled: false });
  const listed = courses.data?.find((each) => each.course_id === courseId);
  return tellCourse(courseId, course.data?.name ?? listed?.name ?? null, say);
}
