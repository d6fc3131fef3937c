import { EngineEnded } from '../store/engine-errors.ts';
import type { Store } from '../store/store.ts';
import { clearUnfinished } from './unfinished-tables.ts';

const LOOK_MS = 5000;

/**
 * What an embedded store wants of the process that has it. What a killed one left is removed: everybody may be in it, and the next ingest or import
 * may never come; what cannot be, doctor tells. From then on the process lives as long as the engine; gives what ends that.
 */
export async function tendEmbedded(store: Store): Promise<() => void> {
  await clearUnfinished(store).catch(() => {});
  return endWithEngine(store);
}

/**
 * Ends the process, as by SIGKILL, once the embedded engine has ended itself: nothing is answered from then on, and what was under way never
 * ends. Gives what ends the looking.
 */
function endWithEngine(store: Store): () => void {
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      await store.query('SELECT 1', {}, { seconds: LOOK_MS / 1000 });
    } catch (error) {
      if (!(error instanceof EngineEnded)) return;
      process.stderr.write(`${error.message}\n`);
      // an exit would wait for the engine
      process.kill(process.pid, 'SIGKILL');
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return () => clearInterval(timer);
}
