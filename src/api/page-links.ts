import type { Course } from '../engagement/course.ts';

/** Absolute addresses of the pages beside this one; null at the ends. */
export interface PageLinks {
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * The links of one page of a list, made of the address that was asked, whose other parameters they keep. They name the
 * snapshot, so that the pages fit together when a new one is published in between.
 */
export function linkPages(
  asked: URL,
  course: Pick<Course, 'courseId' | 'snapshot'>,
  page: number,
  pages: number,
): PageLinks {
  const params = new URLSearchParams(asked.search);
  // the asked address may have the key's plus signs unescaped, which would be spaces by now
  params.set('course_id', course.courseId);
  const link = (other: number) => {
    params.set('page', String(other));
    params.set('snapshot', String(course.snapshot));
    return `${asked.origin}${asked.pathname}?${params.toString()}`;
  };
  return { next: page < pages ? link(page + 1) : null, previous: page > 1 ? link(page - 1) : null };
}

/** The same as the value of a `Link` header (RFC 8288). */
export function formatLinkHeader({ next, previous }: PageLinks): string {
  return [next && `<${next}>; rel="next"`, previous && `<${previous}>; rel="prev"`].filter(Boolean).join(', ');
}
