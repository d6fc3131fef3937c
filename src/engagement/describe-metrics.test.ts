import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeMetrics } from './describe-metrics.ts';

test('docs/metrics.md is current (npm run docs)', () => {
  assert.equal(readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8'), describeMetrics());
});
