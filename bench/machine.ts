import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { measure } from './measure.ts';

/** What the numbers were found on. */
export async function describeMachine(): Promise<string> {
  const engine = await measure(`'${process.execPath}' '${join(import.meta.dirname, 'count-lines.ts')}'`);
  const cache = /cache size\s*:\s*(.*)/.exec(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''))?.[1] ?? '?';
  return [
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'unknown'} (cache ${cache})`,
    `${(totalmem() / 1e9).toFixed(0)} GB memory`,
    `${type()} ${release()}`,
    `node ${process.version}`,
    `engine ${engine.output.trim()}`,
  ].join(', ');
}
