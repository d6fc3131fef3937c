import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The files in and below a folder that hold the text. */
export function findInFiles(root: string, text: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}
