import { readFileSync, writeFileSync } from 'node:fs';

// `npm ci` refuses a lock file without an entry for every optional package, those of other platforms included, and npm
// leaves out the entries of packages that the registry in use does not serve (a mirror for one platform, for example).
// This adds them from what their parents say: exact version, and the platform that the name ends in.
// Run it after `npm install NAME` (npm run lock); it changes nothing in a complete file.

interface LockEntry {
  version?: string;
  optionalDependencies?: Record<string, string>;
  [field: string]: unknown;
}

const EXACT_VERSION = /^\d+\.\d+\.\d+/;
const PLATFORM =
  /(android|darwin|freebsd|linux|openbsd|netbsd|openharmony|sunos|win32|aix)-([a-z0-9_]+)(?:-([a-z0-9]+))?$/;

/** `os`, `cpu` and `libc` of a platform package by its name; null where the name does not say. */
function parsePlatform(name: string): { os: string[]; cpu: string[]; libc?: string[] } | null {
  const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
  if (os === undefined || cpu === undefined) return null;
  const platform = { os: [os], cpu: [cpu] };
  if (os !== 'linux' || abi === undefined) return platform;
  return { ...platform, libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] };
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockEntry> };
const added: string[] = [];
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    const platform = parsePlatform(name);
    if (path in lock.packages || `${parent}/${path}` in lock.packages) continue;
    if (platform === null || !EXACT_VERSION.test(version)) {
      throw new Error(`${parent} wants ${name} ${version}: its platform or exact version is not known from that`);
    }
    lock.packages[path] = { version, ...platform, ...(dev === true ? { dev } : {}), optional: true };
    added.push(`${name} ${version}`);
  }
}
if (added.length > 0) {
  const packages = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(
    'package-lock.json',
    `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`,
  );
}
process.stderr.write(`${added.map((line) => `added ${line}\n`).join('')}${added.length} entries added\n`);
