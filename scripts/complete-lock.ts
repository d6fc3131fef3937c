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

/** What npm would write of a platform package, in npm's order of fields; null where the name does not say its platform. */
function describePackage(name: string, version: string, dev: boolean): LockEntry | null {
  const [, os, cpu, abi] = PLATFORM.exec(name) ?? [];
  if (os === undefined || cpu === undefined || !EXACT_VERSION.test(version)) return null;
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(os === 'linux' && abi !== undefined ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {}),
    optional: true,
    os: [os],
  };
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockEntry> };
const added: string[] = [];
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    if (path in lock.packages || `${parent}/${path}` in lock.packages) continue;
    const entry = describePackage(name, version, dev === true);
    if (entry === null) {
      throw new Error(`${parent} wants ${name} ${version}: its platform or exact version is not known from that`);
    }
    lock.packages[path] = entry;
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
