import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialsOf } from './initials.ts';

test('initials of names in any script', () => {
  assert.equal(initialsOf('María del Carmen Núñez'), 'MN');
  assert.equal(initialsOf('ada'), 'A');
  assert.equal(initialsOf('𝓐da 𝓛ovelace'), '𝓐𝓛');
  assert.equal(initialsOf('123'), '');
});
