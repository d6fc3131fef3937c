import { hash } from 'node:crypto';
import type { Context } from 'hono';
import { openCopy } from '../engagement/copy/open-copy.ts';
import type { Course } from '../engagement/course.ts';
import { keepLatest } from '../keep-latest.ts';
import type { Store } from '../store/store.ts';
import type { ApiEnv } from './api-env.ts';
import { isHeld } from './snapshot-tag.ts';

/** So many tags are remembered; the oldest goes first. */
const MOST_TAGS = 10_000;

/** So many letters of an address are kept; of one that has more, up to thousands, a hash. */
const SHORT = 250;

/** The tag of what was answered to an address out of a copy. */
const tags = new WeakMap<Store, Map<string, string>>();

/**
 * An answer with a tag of its content, so that it holds over snapshots in which it is the same. Whoever holds what was made of the
 * same copy before gets 304 without its being made again. The framework would read a copy of the answer as a stream and have
 * another thread make the tag, which takes longer than all else that is done for one learner.
 */
export async function answerJson(
  c: Context<ApiEnv>,
  store: Store,
  course: Course,
  make: () => Promise<string | Buffer<ArrayBuffer>>,
): Promise<Response> {
  const { serial } = await openCopy(store, course);
  const asked = `${serial} ${c.req.url}`;
  const address = asked.length > SHORT ? hash('sha1', asked) : asked;
  const made = findTags(store);
  const known = made.get(address);
  if (known !== undefined && isHeld(c, known)) {
    c.header('ETag', known);
    return c.body(null, 304);
  }
  const json = await make();
  const tag = `"${hash('sha1', json)}"`;
  keepLatest(made, address, tag, MOST_TAGS);
  return c.body(json, 200, { 'Content-Type': 'application/json', ETag: tag });
}

function findTags(store: Store): Map<string, string> {
  const known = tags.get(store) ?? new Map<string, string>();
  tags.set(store, known);
  return known;
}
