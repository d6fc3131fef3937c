import { useToldCourse } from './use-told-course.ts';

/** A course as a heading or a link has it: what it is called, and smaller what tells it from others. */
export function CourseLabel({ courseId }: { readonly courseId: string }) {
  const { title, details } = useToldCourse(courseId);
  // of either as much may be cut that nothing is left to point at
  const whole = details === '' ? title : `${title} · ${details}`;
  return (
    <>
      <bdi title={whole}>{title}</bdi> {details !== '' && <small title={whole}>{details}</small>}
    </>
  );
}
