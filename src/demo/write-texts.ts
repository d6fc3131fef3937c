import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes texts to a file, one after the other, many of them at once. */
export async function writeTexts(path: string, texts: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(gather(texts)), createWriteStream(path));
}

function* gather(texts: Iterable<string>): Generator<string> {
  let gathered = '';
  for (const text of texts) {
    gathered += text;
    if (gathered.length < 65_536) continue;
    yield gathered;
    gathered = '';
  }
  yield gathered;
}
