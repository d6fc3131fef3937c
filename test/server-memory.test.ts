import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Measurement, measure } from '../bench/measure.ts';
import { MAIN } from '../bench/product.ts';
import { formatAttempt } from './log-lines.ts';
import { openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

const { folder, write } = makeTempFolder();
const MEGABYTE = 1e6;
const LOG_BYTES = 400 * MEGABYTE;
/** More than was seen (165 MB), and less than the log. */
const MOST_HERE = 300 * MEGABYTE;
/** The engine parses on all cores, and has some pieces of the log for each; with two of them 230 MB were seen. */
const MOST_THERE = (200 + 50 * availableParallelism()) * MEGABYTE;

/** Lines of which a fifth counts. */
function formatBlock(): string {
  const padding = 'x'.repeat(800);
  const noise = `${JSON.stringify({ username: 'ada', event_type: 'page_close', padding })}\n`;
  const lines = Array.from({ length: 1000 }, (_, n) =>
    n % 5 === 0 ? `${formatAttempt({ problem: `p${n}`, padding })}\n` : noise,
  );
  return lines.join('');
}

/** A log that says the same over and over, and as much in many that are packed. */
function writeLogs(path: string): void {
  const block = formatBlock();
  const packed = gzipSync(block);
  const file = openSync(path, 'w');
  for (let bytes = 0; bytes < LOG_BYTES; bytes += block.length) {
    writeSync(file, block);
    write(`packed/${bytes}.log.gz`, packed);
  }
  closeSync(file);
}

test(
  'what is streamed to a server, a file, many packed ones or standard input, is at no time in the memory of either as a whole',
  { ...skipWithoutClickhouse, timeout: 240_000 },
  async (t) => {
    const clickhouse = await openClickhouse({
      config: '<query_log><database>system</database><table>query_log</table></query_log>',
    });
    after(async () => clickhouse.close());
    const log = join(folder, 'large.log');
    writeLogs(log);
    const sources = { file: `'${log}'`, packed: `'${folder}/packed'`, input: `- <'${log}'` };
    for (const [name, source] of Object.entries(sources)) {
      const here: Measurement = await measure(
        `'${process.execPath}' '${MAIN}' ingest --json --no-refresh --clickhouse '${clickhouse.url}/${name}' --data '${folder}/${name}' ${source}`,
      );
      const { lines, new_facts } = JSON.parse(here.output) as { lines: number; new_facts: number };
      assert.ok(lines > LOG_BYTES / 1200, String(lines));
      assert.equal(new_facts, 200);
      await clickhouse.run('SYSTEM FLUSH LOGS');
      const there = Number(
        await clickhouse.run(
          `SELECT max(memory_usage) FROM system.query_log WHERE current_database = '${name}' AND type = 'QueryFinish'`,
        ),
      );
      const told = `${name}: ${Math.round(here.peakBytes / MEGABYTE)} MB here, ${Math.round(there / MEGABYTE)} MB there`;
      t.diagnostic(told);
      assert.ok(here.peakBytes > 0 && here.peakBytes < MOST_HERE, told);
      assert.ok(there > 0 && there < MOST_THERE, told);
    }
  },
);
