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
  'text/csv;q=0.9, application/json;q=0.1',
];

for (const accept of JSON_WANTED) {
  test(`Accept: ${accept} is answered with JSON`, () => assert.equal(requireFormat(accept), 'application/json'));
}

for (const accept of ['text/csv', 'application/xml, text/*', 'application/json;q=0', '*/*, application/json;q=0']) {
  test(`Accept: ${accept} cannot be answered`, () => {
    assert.throws(() => requireFormat(accept), { code: 'not_acceptable', message: /there is application\/json/ });
  });
}
