import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from './errors.ts';
import { openLog } from './log.ts';

interface Entry {
  readonly level: string;
  readonly err: Readonly<Record<string, unknown>>;
}

function logOne(error: unknown): { line: string; entry: Entry } {
  const lines: string[] = [];
  openLog('info', { write: (line) => void lines.push(line) }).error({ err: error }, 'failed');
  const line = lines[0] ?? '';
  return { line, entry: JSON.parse(line) as Entry };
}

test('an error is logged with its code, its place and its cause', () => {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const { entry } = logOne(new AppError('store_unavailable', 'The store does not answer.', { cause }));
  assert.equal(entry.level, 'error');
  assert.equal(entry.err['code'], 'store_unavailable');
  assert.equal(entry.err['message'], 'The store does not answer.');
  assert.match(String(entry.err['frames']), /log\.test\.ts/);
  assert.equal((entry.err['cause'] as Record<string, unknown>)['code'], 'ECONNREFUSED');
});

test('what others say in an error stays out, for it may quote a learner', () => {
  const cause = new SyntaxError('Unexpected token in {"email":"maria@example.com"}');
  const { line } = logOne(new AppError('internal_error', 'A row was not understood.', { cause }));
  assert.ok(!line.includes('maria'));
});

test('what was thrown and is no error is logged as its type', () => {
  assert.deepEqual(logOne('maria').entry.err, { name: 'string' });
});
