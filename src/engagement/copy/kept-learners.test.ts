import assert from 'node:assert/strict';
import test from 'node:test';
import { ByteWriter } from './byte-writer.ts';
import { KeptLearners } from './kept-learners.ts';

function tell(kept: KeptLearners, number: number, text: string): void {
  const written = new ByteWriter(100);
  written.putAscii('before ');
  const start = written.length;
  written.putAscii(text);
  kept.note(number, written, start);
}

test('who is told for the second time is kept, whatever is written then', () => {
  const kept = new KeptLearners(20);
  tell(kept, 19, 'first');
  assert.equal(kept.get(19), undefined);
  tell(kept, 19, 'second');
  assert.equal(kept.get(19)?.toString(), 'second');
  assert.equal(kept.get(3), undefined);
  // more than one block
  for (let number = 0; number < 5; number += 1)
    for (let turn = 0; turn < 2; turn += 1) tell(kept, number, String(number).repeat(7000));
  for (let number = 0; number < 5; number += 1) assert.equal(kept.get(number)?.toString(), String(number).repeat(7000));
  assert.equal(kept.get(19)?.toString(), 'second');
});

test('what is kept is given back, and goes when it would say something else', () => {
  const kept = new KeptLearners(20);
  const fill = () => {
    for (let turn = 0; turn < 2; turn += 1) tell(kept.require('one'), 7, 'text');
  };
  assert.equal(kept.bytes, 0);
  fill();
  assert.ok(kept.bytes > 4);
  assert.equal(kept.require('two').get(7), undefined);
  assert.equal(kept.bytes, 0);
  fill();
  assert.equal(kept.get(7)?.toString(), 'text');
  kept.forget();
  assert.equal(kept.bytes, 0);
});

test('however many are told, they take a bounded memory; very long ones none', () => {
  const count = 100_000;
  const kept = new KeptLearners(count);
  let most = 0;
  for (let turn = 0; turn < 2; turn += 1) {
    for (let number = 0; number < count; number += 1) {
      tell(kept, number, 'x'.repeat(500));
      most = Math.max(most, kept.bytes);
    }
  }
  assert.ok(most > 10_000_000 && most < 13_000_000, String(most));
  kept.forget();
  for (let turn = 0; turn < 2; turn += 1) tell(kept, 1, 'x'.repeat(100_000));
  assert.equal(kept.get(1), undefined);
});
