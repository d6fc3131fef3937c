import { useQuery } from '@tanstack/react-query';
import { type AskedRange, courseQuery } from '../queries.ts';

/** The course in these days, out of the publication of the list that is shown beside it, so that their numbers agree. */
export function useCourse(courseId: string, range: AskedRange | undefined, snapshot: string | undefined) {
  const latest = useQuery(courseQuery(courseId, range));
  const isOther = snapshot !== undefined && latest.data !== undefined && latest.data.snapshot !== snapshot;
  const beside = useQuery({ ...courseQuery(courseId, range, snapshot), enabled: isOther });
  return isOther && beside.data !== undefined ? beside : latest;
}
