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

test('what a library says of a header or an address stays out, also as a TypeError', async () => {
  const cause = await fetch('http://127.0.0.1:1/', { headers: { authorization: 'JWT ge\nheim' } }).catch(
    (error: unknown) => error,
  );
  assert.ok(cause instanceof TypeError && cause.message.includes('heim'));
  const { line, entry } = logOne(new AppError('store_unavailable', 'The LMS does not answer.', { cause }));
  assert.doesNotMatch(line, /heim/);
  assert.equal((entry.err['cause'] as Record<string, unknown>)['name'], 'TypeError');
  assert.match(logOne(new TypeError('of our own')).line, /of our own/);
});

test('what was thrown and is no error is logged as its type', () => {
  assert.deepEqual(logOne('maria').entry.err, { name: 'string' });
});
