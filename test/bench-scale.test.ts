import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAnswers } from '../bench/question.ts';
import { ANSWERS } from '../bench/report.ts';
import { describeScale, fillPage } from '../bench/scale-model.ts';

test('scale.md says what follows from what was measured', async () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/scale.md'), 'utf8');
  const tables = describeScale(await readAnswers(ANSWERS));
  assert.equal(fillPage(page, tables), page, 'npx node bench/scale-model.ts --write writes it');
  assert.doesNotMatch([...tables.values()].join(''), /NaN|Infinity|undefined/);
});
