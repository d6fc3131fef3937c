import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

/** Every line of every `tracking.log*` of a folder, files in the order of their names; a last line without an end counts. */
export async function* readLogLines(folder: string): AsyncGenerator<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('tracking.log')).toSorted();
  for (const name of names) {
    const file = createReadStream(join(folder, name));
    const stream = name.endsWith('.gz') ? file.pipe(createGunzip()) : file;
    file.on('error', (error) => stream.destroy(error));
    stream.setEncoding('utf8');
    let rest = '';
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield lines;
    }
    if (rest !== '') yield [rest];
  }
}
