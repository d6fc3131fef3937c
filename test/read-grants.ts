import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The rights that the shipped file gives, as the users of a configuration file have them. */
export function readGrants(database: string): string {
  const sql = readFileSync(join(import.meta.dirname, '../deploy/clickhouse-grants.sql'), 'utf8');
  const grants = [...sql.matchAll(/^(GRANT .*) TO learner_analytics;$/gm)].map(([, grant = '']) => grant);
  assert.ok(grants.length > 5);
  const own = grants.map((grant) => grant.replace('ON learner_analytics.*', `ON ${database}.*`));
  return own.map((grant) => `<query>${grant}</query>`).join('');
}
