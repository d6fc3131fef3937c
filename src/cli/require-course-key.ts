import { COURSE_KEY_SHAPES, parseCourseKey } from '../api/course-key.ts';
import { AppError } from '../errors.ts';

/** @throws AppError `usage` for a `--course` that is no course key */
export function requireCourseKey(text: string): string {
  const courseId = parseCourseKey(text);
  if (courseId !== null) return courseId;
  throw new AppError(
    'usage',
    `--course is ${JSON.stringify(text)}; it must be a course key such as ${COURSE_KEY_SHAPES}.`,
  );
}
