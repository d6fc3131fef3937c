/**
 * What ends a process group, as systemd and a terminal do, reaches this process twice: by itself, and passed on by the one that started
 * it. What comes within so many milliseconds is the same stop.
 */
const SAME_MS = 1000;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Waits until the process is told to stop. Told again, later than that, it ends at once. */
export async function waitForStop(): Promise<void> {
  await new Promise<void>((resolve) => void listenForStop(() => resolve()));
}

/** Calls `onStop` when the process is told to stop. Told again, later than that, it ends at once. Gives what ends the listening. */
export function listenForStop(onStop: (signal: NodeJS.Signals) => void): () => void {
  let answer: 'stop' | 'pass' | 'end' = 'stop';
  const stop = (signal: NodeJS.Signals) => {
    if (answer === 'stop') {
      answer = 'pass';
      // after what came meanwhile, should something have kept this process from looking
      setTimeout(() => setImmediate(() => (answer = 'end')), SAME_MS).unref();
      onStop(signal);
    } else if (answer === 'end') {
      ignore();
      process.kill(process.pid, signal);
    }
  };
  const ignore = () => {
    for (const each of SIGNALS) process.off(each, stop);
  };
  for (const each of SIGNALS) process.on(each, stop);
  return ignore;
}
