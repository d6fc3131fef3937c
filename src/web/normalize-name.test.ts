import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeName } from './normalize-name.ts';

test('nothing of a name turns what is beside it, and what a search matched in it stays where it was', () => {
  assert.equal(normalizeName('\u202eEve \u2066Override\u2069'), ' Eve  Override ');
  assert.equal(normalizeName('Ann\nof\tthe\u0000Lines'), 'Ann of the Lines');
  assert.equal(normalizeName('two\u2028lines'), 'two lines');
  assert.equal(normalizeName('نورة (A-1)'), 'نورة (A-1)');
  assert.equal(normalizeName('Zoë 👩‍🏫'), 'Zoë 👩‍🏫');
});

test('a name of which nothing is to be seen is none', () => {
  for (const name of [
    '',
    ' \u00a0\u3000',
    '\u200b\u2060\u202e',
    '\u0301',
    '\u3164',
    '\u115f\u1160\uffa0',
    '\u2800',
    '\u034f',
  ])
    assert.equal(normalizeName(name), null, JSON.stringify(name));
  for (const name of ['0', '-', '한', '👤']) assert.equal(normalizeName(name), name);
  assert.equal(normalizeName(null), null);
});
