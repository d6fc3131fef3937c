import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCsv, readCsvFile } from './truth-csv.ts';

test('cells may hold commas, quotes, line ends and any script', () => {
  const rows = readCsv('name,bio,city\r\n"Núñez, ""Pi""","one\r\ntwo",春\n,,\r\n"",👩🏽‍🔬,x');
  assert.deepEqual(
    rows.map((row) => Object.fromEntries(row)),
    [
      { name: 'Núñez, "Pi"', bio: 'one\r\ntwo', city: '春' },
      { name: '', bio: '', city: '' },
      { name: '', bio: '👩🏽‍🔬', city: 'x' },
    ],
  );
});

test('blank lines are no rows, and missing cells are empty', () => {
  const rows = readCsv('a,b,c\n\n1,2\n');
  assert.deepEqual(
    rows.map((row) => Array.from(row.values())),
    [['1', '2', '']],
  );
});

test('a file that is not there has no rows', async () => {
  assert.deepEqual(await readCsvFile('/nonexistent/enrollments.csv'), []);
});
