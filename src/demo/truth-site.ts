import { hash } from 'node:crypto';
import { join } from 'node:path';
import { type CsvRow, readCsvFile } from './truth-csv.ts';
import { readLogLines } from './truth-files.ts';
import { type LineRecord, type RejectReason, readLine, REJECT_REASONS } from './truth-lines.ts';

/** Where the lines of the logs ended. */
export interface LineCounts {
  lines: number;
  accepted: number;
  irrelevant: number;
  rejected: Partial<Record<RejectReason, number>>;
  /** A correct attempt is two facts: attempted and completed. */
  facts: number;
  /** The same without the lines whose object was seen before. */
  distinct_facts: number;
}

/** All that the files of a site tell. */
export interface SiteRecords {
  readonly lines: LineCounts;
  /** The accepted lines, each object once. */
  readonly records: readonly LineRecord[];
  readonly enrollments: readonly CsvRow[];
  readonly roles: readonly CsvRow[];
  /** What courses are called, by course key. */
  readonly names: ReadonlyMap<string, string>;
}

/** Reads `logs` and `lms` of a site. `now` decides which times lie in the future. */
export async function readSite(dir: string, now: Date): Promise<SiteRecords> {
  const counts: LineCounts = { lines: 0, accepted: 0, irrelevant: 0, rejected: {}, facts: 0, distinct_facts: 0 };
  const seen = new Set<string>();
  const records: LineRecord[] = [];
  for await (const lines of readLogLines(join(dir, 'logs'))) {
    for (const line of lines) {
      counts.lines += 1;
      const outcome = readLine(line, now);
      if (outcome === 'irrelevant') {
        counts.irrelevant += 1;
      } else if (typeof outcome === 'string') {
        counts.rejected[outcome] = (counts.rejected[outcome] ?? 0) + 1;
      } else {
        const facts = outcome.fact === null ? 0 : outcome.fact.completed ? 2 : 1;
        counts.accepted += 1;
        counts.facts += facts;
        const identity = hash('sha256', outcome.text, 'base64');
        if (seen.has(identity)) continue;
        seen.add(identity);
        counts.distinct_facts += facts;
        records.push(outcome);
      }
    }
  }
  const rejected: LineCounts['rejected'] = {};
  for (const reason of REJECT_REASONS) {
    if (counts.rejected[reason] !== undefined) rejected[reason] = counts.rejected[reason];
  }
  return {
    lines: { ...counts, rejected },
    records,
    enrollments: await readCsvFile(join(dir, 'lms', 'enrollments.csv')),
    roles: await readCsvFile(join(dir, 'lms', 'roles.csv')),
    names: new Map(
      (await readCsvFile(join(dir, 'lms', 'courses.csv'))).map((row) => [
        row.get('course_id') ?? '',
        row.get('display_name') ?? '',
      ]),
    ),
  };
}
