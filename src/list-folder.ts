import { readdirSync } from 'node:fs';

/** The names in a folder; none where there is no such folder, or it cannot be looked into now. */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
