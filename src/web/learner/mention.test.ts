import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mention } from './mention.ts';

test('a sentence comes before the closing and goes again, and the rest stays as it was written', () => {
  const body = 'Dear Ana,\n\nBye.';
  const more = mention(body, 'Well done: $& {x}.', true, 'Bye.');
  assert.equal(more, 'Dear Ana,\n\nWell done: $& {x}.\n\nBye.');
  assert.equal(mention(more, 'Well done: $& {x}.', false, 'Bye.'), body);
  assert.equal(mention('Bye. No, hello.\n\nBye.', 'Well done.', true, 'Bye.'), 'Bye. No, hello.\n\nWell done.\n\nBye.');
});

test('without the closing it comes last, and what is not there cannot go', () => {
  const more = mention('My own words.\n', 'Welcome!', true, 'Bye.');
  assert.equal(more, 'My own words.\n\nWelcome!');
  assert.equal(mention(more, 'Welcome!', false, 'Bye.'), 'My own words.');
  assert.equal(mention('My own words.', 'Welcome!', false, 'Bye.'), 'My own words.');
  assert.equal(mention('', 'Welcome!', true, 'Bye.'), 'Welcome!');
});
