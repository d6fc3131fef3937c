import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { STARTED_WITH } from '../scripts/run-node.js';

/** What a command cost. */
export interface Measurement {
  readonly seconds: number;
  /** Of all its processes, user and system. */
  readonly cpuSeconds: number;
  /** The largest resident memory of any one of its processes (VmHWM), bytes; 0 where it was over too soon to look. */
  readonly peakBytes: number;
  readonly output: string;
}

const TIMES = /^BENCH ([\d.]+) ([\d.]+) ([\d.]+)$/m;

/** Runs a shell command to its end under bash's `time`, and Node in it as the product is started. @throws when it fails, with the end of what it said */
export async function measure(command: string): Promise<Measurement> {
  const shell = spawn('bash', ['-o', 'pipefail', '-c', `TIMEFORMAT='BENCH %R %U %S'; time { ${command}; }`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...STARTED_WITH, ...process.env },
  });
  let peakBytes = 0;
  const watch = setInterval(() => {
    if (shell.pid !== undefined) peakBytes = Math.max(peakBytes, ...listDescendants(shell.pid).map(readPeak));
  }, 20);
  const exit = new Promise<number | null>((resolve, reject) => {
    shell.on('error', reject).on('close', resolve);
  });
  try {
    const [output, errors, code] = await Promise.all([text(shell.stdout), text(shell.stderr), exit]);
    const times = TIMES.exec(errors);
    if (code !== 0 || times === null) throw new Error(`${command} ended with ${code}: ${errors.slice(-500)}`);
    const [seconds, user, system] = times.slice(1).map(Number) as [number, number, number];
    return { seconds, cpuSeconds: user + system, peakBytes, output };
  } finally {
    clearInterval(watch);
  }
}

function listDescendants(pid: number): number[] {
  const children = readProc(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [...children, ...children.flatMap(listDescendants)];
}

function readPeak(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`))?.[1] ?? 0) * 1024;
}

/** A file of /proc; empty when the process is gone, or where there is no /proc. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
