import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Random } from '../src/demo/random.ts';

/** All lines of a folder of logs, byte by byte as they are, without their ends. */
export async function readLines(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const bytes = await readFile(join(folder, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    // an empty file has no line, not an empty one
    if (text === '') continue;
    // one by one: a spread of so many arguments does not fit on the stack
    for (const line of (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')) lines.push(line);
  }
  return lines;
}

/** The lines in another order. */
export function shuffle<Item>(items: readonly Item[], random: Random): Item[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = random.int(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] as Item, shuffled[last] as Item];
  }
  return shuffled;
}

/** Writes lines, shuffled, as `count` files of odd sizes, packed and ended in different ways; gives their paths. */
export async function scatterLines(
  lines: readonly string[],
  folder: string,
  count: number,
  random: Random,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const shuffled = shuffle(lines, random);
  const cuts = Array.from({ length: count - 1 }, () => random.int(lines.length + 1)).toSorted((a, b) => a - b);
  const paths: string[] = [];
  for (const [index, start] of [0, ...cuts].entries()) {
    const piece = shuffled.slice(start, cuts[index] ?? lines.length);
    const end = random.chance(0.2) ? '\r\n' : '\n';
    // without its end an empty last line would be none
    const lastEnd = random.chance(0.3) && piece.at(-1) !== '' ? '' : end;
    const bytes = Buffer.from(piece.join(end) + (piece.length > 0 ? lastEnd : ''), 'latin1');
    const [name, packed] = random.pick([
      ['log', bytes],
      ['log', bytes],
      ['log.gz', gzipSync(bytes, { level: 1 })],
      ['log.zst', zstdCompressSync(bytes)],
    ] as const);
    const path = join(folder, `piece-${index}.${name}`);
    await writeFile(path, packed);
    paths.push(path);
  }
  return paths;
}
