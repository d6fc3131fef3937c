import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'vite';

// Builds the web app: where that has not been done since something in it changed, for `npm start` and the tests of the pages;
// in any case, for `npm run build`.

const ROOT = join(import.meta.dirname, '..');
const WEB = join(ROOT, 'dist/web');

function isBuilt(): boolean {
  const page = join(WEB, 'index.html');
  if (!existsSync(page)) return false;
  const built = statSync(page).mtimeMs;
  const sources = ['src/web', 'src/client']
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return [...sources, join(ROOT, 'package-lock.json')].every((path) => statSync(path).mtimeMs < built);
}

/** Moves a folder to where none may be: somebody else was quicker, or there was nothing to move. */
function moveIfPossible(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Builds beside what is there, which is served or built by others at the same time, and puts it in place at once and whole.
 * @param isWanted asked after the build: whether it is to be put in place still
 */
export async function buildWeb(to = WEB, isWanted = () => true): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  const room = mkdtempSync(`${to}.`);
  try {
    const outDir = join(room, 'new');
    await build({
      configFile: join(ROOT, 'src/web/vite.config.ts'),
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true },
    });
    if (!isWanted()) return;
    moveIfPossible(to, join(room, 'old'));
    moveIfPossible(outDir, to);
  } finally {
    rmSync(room, { recursive: true });
  }
}

export async function buildWebIfNeeded(): Promise<void> {
  if (isBuilt()) return;
  process.stderr.write('Building the web app …\n');
  await buildWeb(WEB, () => !isBuilt());
}

if (import.meta.main) await (process.argv.includes('--always') ? buildWeb() : buildWebIfNeeded());
