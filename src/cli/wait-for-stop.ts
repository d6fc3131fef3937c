/**
 * What ends a process group, as systemd and a terminal do, reaches this process twice: by itself, and passed on by the one that started
 * it. What comes within so many milliseconds is the same stop.
 */
const SAME_MS = 1000;

/** Waits until the process is told to stop. Told again, later than that, it ends at once. */
export async function waitForStop(): Promise<void> {
  await new Promise<void>((resolve) => {
    let told: number | null = null;
    const stop = (signal: NodeJS.Signals) => {
      told ??= performance.now();
      resolve();
      if (performance.now() - told <= SAME_MS) return;
      for (const each of SIGNALS) process.off(each, stop);
      process.kill(process.pid, signal);
    };
    for (const each of SIGNALS) process.on(each, stop);
  });
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
