import type { Tidbit } from '../answers.ts';

/** Where the problem that a tidbit is about is in the LMS; null where that is not known. */
export function findProblemUrl(lmsUrl: string | null, courseId: string, { data }: Tidbit): string | null {
  const id = data['problem_id'];
  if (lmsUrl === null || typeof id !== 'string') return null;
  const encode = (key: string): string => encodeURI(key).replaceAll('?', '%3F').replaceAll('#', '%23');
  return `${lmsUrl}/courses/${encode(courseId)}/jump_to/${encode(id)}`;
}
