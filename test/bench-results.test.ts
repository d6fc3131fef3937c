import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Answered, keepAnswer, readAnswers } from '../bench/question.ts';
import { QUESTIONS } from '../bench/questions.ts';
import { ANSWERS, formatResults } from '../bench/report.ts';

const RESULTS = join(import.meta.dirname, '../bench/RESULTS.md');

test('RESULTS.md says what the kept answers say', async () => {
  const kept = await readAnswers(ANSWERS);
  const names = new Set(QUESTIONS.map(({ name }) => name));
  assert.deepEqual(
    [...kept.keys()].filter((name) => !names.has(name)),
    [],
    'answers to questions that are not asked',
  );
  assert.equal(readFileSync(RESULTS, 'utf8'), formatResults(QUESTIONS, kept), 'npm run bench -- --report writes it');
});

const answer = (commit: string, more: Partial<Answered> = {}): Answered => ({
  rows: [{ what: 'it', unit: 'ms', median: 1.5, most: 12 }],
  goals: [],
  notes: [],
  at: '2026-03-18T00:00:00.000Z',
  commit,
  machine: 'one machine',
  load: [0, 1],
  ...more,
});

test('what is measured again replaces its own answer only, and a goal over two commits is marked', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-results-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'answers.jsonl');
  const questions = ['b', 'a'].map((name) => ({ name, asks: `What of ${name}?`, answer: async () => answer('x') }));
  const goal = { text: 'as fast', found: '1 against 1', met: true };
  await keepAnswer(file, 'a', answer('old'));
  await keepAnswer(file, 'b', answer('first', { goals: [{ ...goal, against: answer('first') }] }));
  const together = formatResults(questions, await readAnswers(file));
  assert.doesNotMatch(together, /¹/);
  await keepAnswer(file, 'b', answer('second', { goals: [{ ...goal, against: answer('first') }] }));
  const text = formatResults(questions, await readAnswers(file));
  assert.match(text, /\| as fast ¹ \|[^]*\n\n¹ [^\n]+different commits[^\n]*\n\n## What of b\?/);
  assert.match(text, /at second;[^]*## What of a\?[^]*at old;/);
  assert.match(text, /\| {2}\| median \| most \|\n\|---\|---:\|---:\|\n\| it \| 1\.50 ms \| 12\.0 ms \|/);
});
