import { onlineManager } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

/** Whether there is a connection. Without one questions are not asked, but wait for it. */
export function useOnline(): boolean {
  return useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
}

/** Resolves as soon as there is a connection. */
async function untilOnline(): Promise<void> {
  if (onlineManager.isOnline()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const forget = onlineManager.subscribe(() => resolve());
  await promise;
  forget();
  await untilOnline();
}

/** Code of the app: what does not come for want of a connection is loaded once there is one again. */
export async function loadOnline<Code>(load: () => Promise<Code>): Promise<Code> {
  try {
    return await load();
  } catch (error) {
    if (onlineManager.isOnline()) throw error;
    await untilOnline();
    return loadOnline(load);
  }
}
