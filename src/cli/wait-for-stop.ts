/**
 * What ends a process group, as systemd and a terminal do, reaches this process twice: by itself, and passed on by the one that started
 * it. What comes within so many milliseconds is the same stop.
 */
const SAME_MS = 1000;

/** Waits until the process is told to stop. Told again, later than that, it ends at once. */
export async function waitForStop(): Promise<void> {
  await new Promise<void>((resolve) => {
    let answer: 'stop' | 'pass' | 'end' = 'stop';
    const stop = (signal: NodeJS.Signals) => {
      if (answer === 'stop') {
        resolve();
        answer = 'pass';
        // after what came meanwhile, should something have kept this process from looking
        setTimeout(() => setImmediate(() => (answer = 'end')), SAME_MS).unref();
      } else if (answer === 'end') {
        for (const each of SIGNALS) process.off(each, stop);
        process.kill(process.pid, signal);
      }
    };
    for (const each of SIGNALS) process.on(each, stop);
  });
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
