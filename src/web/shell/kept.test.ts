import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createKept, forgetKept, keepFor } from './kept.ts';

/** What of a tab's storage outlasts the page in it. */
const tab = new Map<string, string>();
let accept: (value: string) => void;
Object.assign(globalThis, {
  sessionStorage: {
    getItem: (name: string) => tab.get(name) ?? null,
    setItem: (name: string, value: string) => {
      accept(value);
      tab.set(name, value);
    },
    removeItem: (name: string) => tab.delete(name),
  },
});

/** As a reload makes it: what was in memory is gone. */
function load() {
  return createKept('note', (kept) => (typeof kept === 'string' ? kept : ''));
}

beforeEach(() => {
  accept = () => {};
  forgetKept();
});

test('what somebody began is there again for them alone, also after a reload', () => {
  const note = load();
  note.write('before it is known who is there');
  assert.equal(tab.size, 0);
  keepFor('ana');
  assert.equal(note.read(), '');
  note.write('for Ana');
  keepFor('ana');
  assert.equal(note.read(), 'for Ana');
  const reloaded = load();
  keepFor('ben');
  assert.equal(reloaded.read(), '');
  assert.equal(tab.size, 0, 'it is not left for anybody');
  keepFor('ana');
  assert.equal(reloaded.read(), '');
});

test('a session that ended gives it back to who began it', () => {
  keepFor('ana');
  load().write('for Ana');
  const stored = new Map(tab);
  forgetKept();
  for (const [name, value] of stored) tab.set(name, value);
  const reloaded = load();
  assert.equal(reloaded.read(), '');
  keepFor('ana');
  assert.equal(reloaded.read(), 'for Ana');
});

test('whoever logs out leaves nothing', () => {
  const note = load();
  keepFor('ana');
  note.write('for Ana');
  assert.equal(tab.size, 1);
  forgetKept();
  assert.deepEqual([note.read(), tab.size], ['', 0]);
  keepFor('ana');
  assert.equal(note.read(), '');
});

test('a browser that keeps nothing, or has no room, does not keep what was before', () => {
  const note = load();
  keepFor('ana');
  note.write('short');
  accept = () => {
    throw new Error('QuotaExceededError');
  };
  note.write('long');
  keepFor('ana');
  assert.deepEqual([note.read(), tab.size], ['long', 0]);
});

test('what nobody knows how to read is nothing', () => {
  for (const strange of ['', 'null', '[', '{"owner":"ana","value":{"of":"another version"}}']) {
    tab.set('la-note', strange);
    const note = load();
    keepFor('ana');
    assert.equal(note.read(), '', strange);
    forgetKept();
  }
});
