import type { RefreshOptions, RefreshResult } from '../engagement/refresh.ts';
import type { Store } from '../store/store.ts';
import type { CommandContext } from './command.ts';

/** The refresh of a command, in a process of its own or in the server that runs it. Loaded only here: not every command comes to it. */
export async function bringUpToDate(
  { config, server }: CommandContext,
  store: Store,
  options: Pick<RefreshOptions, 'asOf' | 'full'>,
): Promise<RefreshResult> {
  const { refresh } = await import('../engagement/refresh.ts');
  return refresh(store, { ...options, includeStaff: config.includeStaff, besideReaders: server !== null });
}
