import { useToldCourse } from './use-told-course.ts';

/** A course as a heading or a link has it: what it is called, and smaller what tells it from others. */
export function CourseLabel({ courseId }: { readonly courseId: string }) {
  const { title, details } = useToldCourse(courseId);
  return (
    <>
      <bdi title={title}>{title}</bdi> {details !== '' && <small>{details}</small>}
    </>
  );
}
