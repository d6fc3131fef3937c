import assert from 'node:assert/strict';
import test from 'node:test';
import { requireFormat } from './negotiate.ts';

const JSON_WANTED = [
  null,
  '',
  '*/*',
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/*;q=0.1',
  'text/html, application/xhtml+xml, */*;q=0.8',
  'text/csv;q=0.1, application/json;q=0.9',
];

for (const accept of JSON_WANTED) {
  test(`Accept: ${accept} is answered with JSON`, () => assert.equal(requireFormat(accept), 'application/json'));
}

const CSV_WANTED = [
  'text/csv',
  'text/csv;q=, application/json;q=0.5',
  'text/csv;q=high, application/json;q=0.5',
  'application/xml, text/*',
  '*/*, application/json;q=0',
  'text/csv, */*;q=0.1',
];

for (const accept of CSV_WANTED) {
  test(`Accept: ${accept} is answered with CSV`, () => assert.equal(requireFormat(accept), 'text/csv'));
}

for (const accept of ['application/xml', 'application/json;q=0', '*/*;q=0', 'text/html, application/xml']) {
  test(`Accept: ${accept} cannot be answered`, () => {
    assert.throws(() => requireFormat(accept), { code: 'not_acceptable', message: /there is application\/json/ });
  });
}
