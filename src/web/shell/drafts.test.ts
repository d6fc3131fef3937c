import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greetAnew } from './drafts.ts';

test('a text that was begun for one greets whoever is chosen now', () => {
  const toAna = { greeting: 'Hello Ana,', body: 'Hello Ana,\n\nhow are you?' };
  assert.equal(greetAnew(toAna, 'Hello,'), 'Hello,\n\nhow are you?');
  assert.equal(greetAnew(toAna, 'Hello Ana,'), toAna.body);
  assert.equal(greetAnew({ greeting: 'Hello,', body: 'Hello,\n\nall' }, 'Hello Ben,'), 'Hello Ben,\n\nall');
});

test('a greeting of their own stays', () => {
  assert.equal(greetAnew({ greeting: 'Hello Ana,', body: 'Dear all,' }, 'Hello,'), 'Dear all,');
  assert.equal(greetAnew({ body: 'Dear all,' }, 'Hello,'), 'Dear all,');
});
