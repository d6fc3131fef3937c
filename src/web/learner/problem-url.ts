import type { Tidbit } from '../../client/answers.ts';

function encodeKey(key: string): string {
  return encodeURI(key).replaceAll('?', '%3F').replaceAll('#', '%23');
}

/** Browsers take these for steps in the path; ids come from logs. */
const LEADS_ELSEWHERE = /(?:^|\/)\.{1,2}(?:\/|$)/;

/** Where the problem that a tidbit is about is in the LMS; null where that is not known. */
export function findProblemUrl(lmsUrl: string | null, courseId: string, { data }: Tidbit): string | null {
  const id = data['problem_id'];
  if (lmsUrl === null || typeof id !== 'string' || LEADS_ELSEWHERE.test(`${courseId}/${id}`)) return null;
  return `${lmsUrl}/courses/${encodeKey(courseId)}/jump_to/${encodeKey(id)}`;
}

/** The last part of the id of the problem that a tidbit is about, such as authors see in Studio; null where it is about none. */
export function nameProblem({ data }: Tidbit): string | null {
  const id = data['problem_id'];
  return typeof id === 'string' ? (id.split(/[@/]/u).findLast((part) => part !== '') ?? id) : null;
}
