import { readCourseName } from '../course-name.ts';
import { useText } from '../text.ts';

/** A course as a heading or a link has it: its name, and smaller whose and which run it is. */
export function CourseLabel({ courseId }: { readonly courseId: string }) {
  const { say } = useText();
  const { org, course, run, ccx } = readCourseName(courseId);
  return (
    <>
      {course}{' '}
      {org !== '' && (
        <small>
          {say('course.meta', { org, run })}
          {ccx !== null && ` · ${say('course.ccx', { ccx })}`}
        </small>
      )}
    </>
  );
}
