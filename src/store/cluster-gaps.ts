import { randomBytes } from 'node:crypto';
import type { Store } from './store.ts';

/** An entry of the table `cluster_gaps`. */
export interface Gap {
  readonly node: string;
  readonly id: string;
  /** Whether something of its courses is missing, and not only what all nodes have. */
  readonly courses: boolean;
}

/** One that nobody knows of yet; `courses`: whether it is in what belongs to courses, too. */
export function createGap({ name }: { readonly name: string }, courses: boolean): Gap {
  return { node: name, id: randomBytes(8).toString('hex'), courses };
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
