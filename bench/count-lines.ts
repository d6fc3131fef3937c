import { createRequire } from 'node:module';
import type * as ChdbModule from 'chdb';

// The floor of any ingest with this engine: it reads the file, finds the lines, and counts them.

const { query } = createRequire(import.meta.url)('chdb') as typeof ChdbModule;
const [path = ''] = process.argv.slice(2);
const settings = `storage_file_read_method = 'pread'`;
const file =
  path === '' ? null : `file('${path.replaceAll(/['\\]/g, String.raw`\$&`)}', 'LineAsString', 'line String')`;
process.stdout.write(
  query(file === null ? 'SELECT version()' : `SELECT count() FROM ${file} SETTINGS ${settings}`, 'TSV'),
);
