import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

// Builds the web app where that has not been done since something in it changed: `npm start` and the tests of the pages.

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'dist/web/index.html');

function isBuilt(): boolean {
  if (!existsSync(PAGE)) return false;
  const built = statSync(PAGE).mtimeMs;
  const sources = ['src/web', 'src/client']
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return [...sources, join(ROOT, 'package-lock.json')].every((path) => statSync(path).mtimeMs < built);
}

export async function buildWebIfNeeded(): Promise<void> {
  if (isBuilt()) return;
  process.stderr.write('Building the web app …\n');
  await build({ configFile: join(ROOT, 'src/web/vite.config.ts'), logLevel: 'warn' });
}

if (import.meta.main) await buildWebIfNeeded();
