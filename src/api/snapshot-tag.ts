import { hash } from 'node:crypto';
import type { Context } from 'hono';
import { openCopy } from '../engagement/copy/open-copy.ts';
import type { Course } from '../engagement/course.ts';
import type { RosterQuery } from '../engagement/roster.ts';
import type { Store } from '../store/store.ts';
import { readVersion } from '../version.ts';
import type { ApiEnv } from './api-env.ts';

/** Another version may make another answer out of the same. */
const VERSION = readVersion();

/** A tag of what an answer follows from. */
export function tagOf(parts: readonly unknown[], version = VERSION): string {
  return `"${hash('sha1', JSON.stringify([version, ...parts]))}"`;
}

/**
 * Tags an answer that follows from a published snapshot and the request alone, before it is made: `parts` are what it follows
 * from besides. Whoever holds that answer already gets 304 without its being made; null: make it. `X-Snapshot` tells what else is of
 * the same publication.
 */
export function tagSnapshot(
  c: Context<ApiEnv>,
  course: Course,
  query: Partial<RosterQuery>,
  parts: readonly unknown[],
): Response | null {
  const tag = tagOf([query, course.courseId, course.snapshot, ...parts]);
  c.header('ETag', tag);
  c.header('X-Snapshot', String(course.snapshot));
  return isHeld(c, tag) ? c.body(null, 304) : null;
}

/**
 * Whether who asks holds the answer of that tag; a compressed one has the same, as a weak one. Of `*`, any answer, is told once one is made:
 * a page past the last has none (RFC 9110, 13.2.1).
 */
export function isHeld(c: Context<ApiEnv>, tag: string): boolean {
  return c.req.header('If-None-Match')?.includes(tag) === true;
}

/** The same for an answer out of the copy: some of a snapshot may be forgotten before the next is published. */
export async function tagRoster(
  c: Context<ApiEnv>,
  store: Store,
  course: Course,
  query: Partial<RosterQuery>,
  parts: readonly unknown[],
): Promise<Response | null> {
  const { meta } = await openCopy(store, course);
  return tagSnapshot(c, course, query, [...parts, meta.people]);
}
