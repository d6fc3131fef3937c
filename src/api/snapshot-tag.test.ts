import assert from 'node:assert/strict';
import test from 'node:test';
import { tagOf } from './snapshot-tag.ts';

test('a tag is of what an answer follows from, and of the version that makes it', () => {
  const tag = tagOf([{ courseId: 'a/b/c' }, 1]);
  assert.match(tag, /^"[0-9a-f]{40}"$/);
  assert.equal(tagOf([{ courseId: 'a/b/c' }, 1]), tag);
  assert.notEqual(tagOf([{ courseId: 'a/b/c' }, 2]), tag);
  assert.notEqual(tagOf([{ courseId: 'a/b/c' }, 1], '0.0.1'), tag);
});
