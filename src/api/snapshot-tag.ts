import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { getCourseInRange } from '../engagement/course-in-range.ts';
import type { RosterQuery } from '../engagement/roster.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';

/**
 * Tags an answer that follows from a published snapshot and the request alone, before it is made: `parts` are what it follows
 * from besides. Whoever holds that answer already gets 304 without its being made; null: make it.
 */
export async function tagSnapshot(
  c: Context<ApiEnv>,
  { store }: ApiDeps,
  query: Pick<RosterQuery, 'courseId' | 'range' | 'snapshot'>,
  parts: readonly unknown[],
): Promise<Response | null> {
  const course = await store.about(query.courseId, async (own) =>
    getCourseInRange(own, query.courseId, query.range, query.snapshot),
  );
  const tag = createHash('sha1')
    .update(JSON.stringify([query, course?.snapshot, course?.numbers?.id, ...parts]))
    .digest('hex');
  c.header('ETag', `"${tag}"`);
  // a compressed answer has the same tag, as a weak one
  return c.req.header('If-None-Match')?.includes(`"${tag}"`) === true ? c.body(null, 304) : null;
}
