import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Limits, Params, SaveTarget, Store } from '../../store/store.ts';
import type { ToldHistory } from './history-facts.ts';

/** What the engine has told of a snapshot already, together with others. */
export interface Told {
  /** By the names under which they are else saved one by one. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Absent where it is asked by itself. */
  readonly history?: ToldHistory | undefined;
}

interface Question {
  readonly sql: string;
  readonly params: Params;
  readonly limits: Limits;
}

/** Writes a file of what was told, or has the engine save it. */
export async function saveOrTake(
  store: Store,
  told: Told | undefined,
  target: SaveTarget,
  { sql, params, limits }: Question,
): Promise<void> {
  const bytes = told?.files.get(basename(target.path));
  if (bytes === undefined) await store.save(target, sql, params, limits);
  else writeFileSync(target.path, bytes);
}
