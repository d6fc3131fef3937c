import { randomBytes } from 'node:crypto';
import type { Store } from './store.ts';

/** An entry of the table `cluster_gaps`. */
export interface Gap {
  readonly node: string;
  readonly id: string;
  /** Whether something of its courses is missing, and not only what all nodes have. */
  readonly courses: boolean;
  /** Whether it came with nothing when no other of its shard had all, so that what it lacks may be nowhere. */
  readonly lost: boolean;
}

/** One that nobody knows of yet; `courses`: whether it is in what belongs to courses, too. */
export function createGap({ name }: { readonly name: string }, courses: boolean, { lost = false } = {}): Gap {
  return { node: name, id: randomBytes(8).toString('hex'), courses, lost };
}

/** Put together with others of its node, if there are any. */
export function joinGaps(gap: Gap, others: readonly Gap[]): Gap {
  const all = [gap, ...others];
  return { ...gap, courses: all.some(({ courses }) => courses), lost: all.some(({ lost }) => lost) };
}

/** Whether one of these nodes has all of the courses of a shard, and one, of whichever, all that every node has. */
export function haveAll<Node extends { readonly shard: number }>(
  nodes: readonly Node[],
  shard: number,
  gaps: ReadonlyMap<Node, readonly Gap[]>,
): boolean {
  const hasCourses = (node: Node) => gaps.get(node)?.some(({ courses }) => courses) !== true;
  return nodes.some((node) => node.shard === shard && hasCourses(node)) && nodes.some((node) => !gaps.has(node));
}

/** Whether these nodes, all of a shard, together do not have what they had: each lacks something, and one of them may have had it alone. */
export function isLost<Node>(nodes: readonly Node[], gaps: ReadonlyMap<Node, readonly Gap[]>): boolean {
  const lacking = nodes.map((node) => gaps.get(node) ?? []);
  return lacking.every((open) => open.length > 0) && lacking.flat().some(({ lost }) => lost);
}

/** What any of these knows of as open, by id. */
export function listOpen(views: ReadonlyArray<{ readonly gaps: readonly Gap[] }>): Map<string, Gap> {
  return new Map(views.flatMap(({ gaps }) => gaps).map((gap) => [gap.id, gap]));
}

/** Which of these gaps a node knows of as closed. */
export async function listClosed(store: Store, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await store.query<{ id: string }>(
    'SELECT DISTINCT id FROM cluster_gaps WHERE closed AND id IN {ids:Array(String)}',
    { ids },
  );
  return rows.map(({ id }) => id);
}
