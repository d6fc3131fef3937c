import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { describe } from 'node:test';
import { gzipSync } from 'node:zlib';
import { formatAttempt, formatAttempts, formatRosterChange } from '../../test/log-lines.ts';
import { CLI_ENV, runTogether as runAll } from '../../test/run-cli.ts';
import { makeTempFolder } from '../../test/temp-store.ts';
import type { AppError } from '../errors.ts';

const { folder, write } = makeTempFolder();
const DATA = join(folder, 'data');
const MAIN = join(import.meta.dirname, 'main.ts');

interface Options {
  readonly input?: string | Buffer;
  readonly env?: Record<string, string>;
  readonly data?: string | null;
}

async function run(args: readonly string[], { input, env = {}, data = DATA }: Options = {}) {
  const child = spawn(process.execPath, [MAIN, ...args, ...(data === null ? [] : ['--data', data])], {
    cwd: folder,
    env: { ...CLI_ENV, ...env },
  });
  // a command that does not read its input closes it
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: Number(code), out, err };
}

const runTogether = async (lines: ReadonlyArray<readonly string[]>) => runAll(lines, { cwd: folder });

describe('wrong usage is exit code 2, nothing on standard output, and what is right', () => {
  const WRONG = [
    [['nonsense'], /^There is no command "nonsense"; there are serve, ingest, lms, refresh,/],
    [['--nonsense'], /no command "--nonsense"/],
    [['toString'], /no command "toString"/],
    [['ingest'], /Which logs\?[^]*learner-analytics ingest PATH/],
    [['ingest', ''], /path is empty/],
    [['lms', '--csv', ''], /file of --csv is empty/],
    [['lms', '--package', ''], /--package is empty/],
    [['lms', '--csv', '/dev/fd/63'], /^\/dev\/fd\/63 is what one process has open, not a file/],
    [['ingest', '/proc/self/fd/3'], /is what one process has open/],
    [['serve', '--watch', ''], /--watch is empty/],
    [['serve', '--host', ''], /--host is empty; it must name an address/],
    [['demo', '--out', ''], /--out is empty/],
    [['demo', '--out', 'x', 'y'], /demo takes no arguments/],
    [['demo', '--out', 'x', '--until', '1'], /--until is "1"; it must be an instant/],
    [['demo', '--out', 'x', '--days', '99999'], /--days is "99999"; it must be a whole number from 1 to 3660/],
    [['demo', '--out', 'x', '--seed=-1'], /--seed is "-1"; it must be a whole number from 0\./],
    [['demo', '--out', 'x', '--seed', ''], /--seed is ""; it must be a whole number from 0\./],
    [['cluster'], /^There is no cluster: CLICKHOUSE_CLUSTER is not set\.$/m],
    [['cluster', 'accept'], /^grow, accept NODE, forget-node NODE, or nothing\?\n\nlearner-analytics cluster \|/],
    [['cluster', 'forget-node'], /^grow, accept NODE/],
    [['cluster', 'grow', 'h:8123/site'], /^grow, accept NODE/],
    [['cluster', 'status', 'h:8123/site'], /^grow, accept NODE/],
    [['cluster', 'accept', 'h:8123/site', 'i:8123/site'], /^grow, accept NODE/],
    [['cluster', '--as-of', 'x'], /--as-of is "x"/],
    [['refresh', '--as-of', '9999-12-31'], /--as-of is "9999-12-31"; it must be a day like 2026-10-26, from 1971/],
    [['audit', '--until', '2106-02-08'], /--until is "2106-02-08"/],
    [
      ['audit', '--since', '2026-10-02', '--until', '2026-10-02'],
      /--since 2026-10-02 must be before --until 2026-10-02/,
    ],
    [['demo', '--out', join(folder, 'full')], /logs is not empty: give the demo a new folder/],
    [['demo', '--out', '/dev/null'], /logs cannot be made or read \(E[A-Z]+\)/],
    [['ingest', '-', 'a.log'], /- stands alone/],
    [['lms', '--csv', 'a.csv', '--package', 'b'], /^One source at a time/],
    [['lms', 'a.csv'], /^From where\?/],
    [['keys', 'create', 'two', 'names'], /^One name, in quotes/],
    [['keys', 'list', '--org', 'edX'], /^Only "keys create" takes/],
    [['keys', 'revoke', 'x', '--course', 'edX/DemoX/2026'], /^Only "keys create" takes/],
    [['keys', 'create', 'x', '--course', 'edX'], /^--course is "edX"; it must be a course key/],
    [['keys', 'create', 'x', '--org', ''], /^--org is ""; it must be an organisation/],
    [['keys', 'create', 'x', '--org', 'edX+DemoX'], /^--org is "edX\+DemoX"/],
    [['learner', 'export', ''], /^One username/],
    [['learner', 'forget', 'ana', '--retired'], /^--retired goes with forget, in place of a username/],
    [['refresh', '--as-of', '1970-12-31'], /--as-of is "1970-12-31"/],
    [['ingest', 'a.log', '--nonsense'], /--nonsense[^]*learner-analytics ingest PATH/],
    [['ingest', 'a.log', '--as-of'], /--as-of/],
    [['refresh', 'now'], /refresh takes no arguments/],
    [['lms'], /From where\?[^]*learner-analytics lms/],
    [['demo'], /Where to\?/],
    [['demo', '--out', 'x', '--learners', 'many'], /--learners is "many"; it must be a whole number from 1/],
  ] as const;

  test('whatever is wrong', async () => {
    mkdirSync(join(folder, 'full/logs/any'), { recursive: true });
    const told = await runTogether(WRONG.map(([args]) => [...args, '--data', DATA]));
    for (const [index, { code, out, err }] of told.entries()) {
      const [args, message] = WRONG[index]!;
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, message);
    }
  });

  test('as the exit code of the process too', async () => {
    const { code, out, err } = await run(['ingest', 'a.log', '--nonsense']);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /--nonsense/);
  });

  const DAYS = ['2026-02-30', '2026-13-01', '26-01-01', 'today', '2026-1-1', '', '2026-01-01T00:00:00Z', '20260101'];
  const DATED = [['refresh'], ['ingest', 'a.log'], ['lms', '--csv', 'a.csv']];

  test('--as-of that is no day', async () => {
    const wrong = DAYS.flatMap((day) => DATED.map((command) => ({ day, command })));
    const told = await runTogether(wrong.map(({ day, command }) => [...command, '--as-of', day, '--data', DATA]));
    for (const [index, { code, out, err }] of told.entries()) {
      assert.deepEqual([code, out], [2, '']);
      assert.equal(
        err,
        `--as-of is ${JSON.stringify(wrong[index]?.day)}; it must be a day like 2026-10-26, from 1971-01-01 to 2105-12-31.\n`,
      );
    }
  });

  test('no command at all gives the list of commands', async () => {
    const { code, out } = await run([], { data: null });
    assert.equal(code, 2);
    assert.match(out, /^learner-analytics <command>/);
  });
});

describe('help is exit code 0', () => {
  test('of all commands, as --help, -h or help', async () => {
    const told = [await run(['--help'], { data: null }), ...(await runTogether([['-h'], ['help']]))];
    for (const { code, out, err } of told) {
      assert.deepEqual([code, err], [0, '']);
      for (const name of ['serve', 'ingest', 'lms', 'refresh', 'keys', 'demo'])
        assert.match(out, new RegExp(`^ {2}${name} +\\S`, 'm'));
    }
  });

  test('of each command', async () => {
    const names = ['serve', 'ingest', 'lms', 'refresh', 'keys', 'demo'];
    const told = await runTogether(names.map((name) => [name, '--help']));
    assert.deepEqual(await runTogether(names.map((name) => ['help', name])), told);
    for (const [index, { code, out, err }] of told.entries()) {
      assert.deepEqual([code, err], [0, '']);
      assert.match(out ?? '', new RegExp(`learner-analytics ${names[index]}`));
      assert.match(out ?? '', /--data DIR[^]*--clickhouse URL[^]*--json/);
    }
  });
});

test('the version is told', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  assert.deepEqual(await run(['--version'], { data: null }), { code: 0, out: `${version}\n`, err: '' });
});

test('with --json what could not be done is an object as well', async () => {
  const data = ['--data', join(folder, 'none'), '--json'];
  const told = await runTogether([
    ['refresh', ...data],
    ['keys', 'list', 'x', ...data],
    ['refresh', '--nonsense', ...data],
  ]);
  const failures = told.map(({ code, out }) => [code, (JSON.parse(out ?? '') as { error: AppError }).error.code]);
  assert.deepEqual(failures, [
    [1, 'store_unavailable'],
    [2, 'usage'],
    [2, 'usage'],
  ]);
});

describe('ingest', () => {
  test('prints one JSON object of the promised shape and nothing else, or the same in words', async () => {
    const lines = [
      formatAttempt({ success: 'correct' }),
      formatAttempt({ problem: 'p2' }),
      formatRosterChange('enrollment.activated', { username: 'maria' }),
      'problem_check of no JSON',
      'nothing',
    ];
    const path = write('shape.log', `${lines.join('\n')}\n`);
    const { code, out, err } = await run(['ingest', 'shape.log', '--json', '--as-of', '2026-11-24']);
    assert.deepEqual([code, err], [0, '']);
    const { seconds, ...result } = JSON.parse(out) as { seconds: number };
    assert.equal(typeof seconds, 'number');
    assert.deepEqual(result, {
      files: 1,
      bytes: lines.join('\n').length + 1,
      lines: 5,
      accepted: 3,
      irrelevant: 1,
      rejected: { not_json: 1 },
      facts: 3,
      new_facts: 3,
      roster_changes: 1,
      failed: [],
    });
    assert.equal(out.trim().split('\n').length, 1);
    const [again, words] = await runTogether([
      ['ingest', path, '--json', '--data', DATA],
      ['ingest', 'shape.log', '--data', DATA],
    ]);
    assert.equal((JSON.parse(again?.out ?? '') as { new_facts: number }).new_facts, 0);
    // which says the same
    assert.equal(words?.code, 0);
    assert.match(
      words?.out ?? '',
      /^5 lines of 1 file \(0\.0 MB\) in \d+\.\d s\.\n3 give 3 facts \(0 new\) and 1 enrolment/,
    );
    assert.match(words?.out ?? '', /^1 rejected as not_json: the line holds no JSON object/m);
  });

  test('what cannot be taken is exit code 1', async () => {
    write('first.log', formatAttempts(1));
    write('whole.log', formatAttempts(2, 100));
    const cut = write('cut.gz', gzipSync(formatAttempts(2000)).subarray(0, -9));
    write('years/tracking.log', formatAttempts(3, 200));
    write('years/tracking.log-old', Buffer.from('425a683931415926', 'hex'));
    const told = await runTogether(
      [['first.log', 'missing.log', '--json'], ['whole.log', 'cut.gz', '--json'], ['years'], ['cut.gz']].map((args) => [
        'ingest',
        ...args,
        '--data',
        DATA,
      ]),
    );
    assert.deepEqual(
      told.map(({ code }) => code),
      [1, 1, 1, 1],
    );
    const [missing, some, years, words] = told;
    // a path that names nothing, before anything is read
    const message = `There is no file, folder or match for ${join(folder, 'missing.log')}.`;
    assert.deepEqual(JSON.parse(missing?.out ?? ''), { error: { code: 'source_unreadable', message } });
    assert.equal(missing?.err, `${message}\n`);
    // a file that is cut off, with the result of the others and the reason
    const { new_facts, failed } = JSON.parse(some?.out ?? '') as { new_facts: number; failed: object[] };
    assert.equal(new_facts, 2);
    assert.deepEqual(failed, [{ path: cut, reason: `${cut} is cut off or damaged (gz); nothing of it was taken.` }]);
    assert.match(years?.out ?? '', /^3 lines of 1 file [^]*\nNOT TAKEN: .*tracking\.log-old is packed with bzip2/);
    assert.match(words?.out ?? '', /^NOT TAKEN: .*cut\.gz is cut off/m);
  });

  test('standard input, plain and packed, in a store that is made by the way', async () => {
    const data = join(folder, 'of-input');
    for (const [input, facts] of [
      [formatAttempts(3, 500), 3],
      [gzipSync(formatAttempts(6, 500)), 3],
      ['', 0],
    ] as const) {
      const { code, out, err } = await run(['ingest', '-', '--json'], { input, data });
      assert.deepEqual([code, err], [0, '']);
      assert.equal((JSON.parse(out) as { new_facts: number }).new_facts, facts);
    }
    const refused = await run(['ingest', '-'], { input: gzipSync(formatAttempts(900)).subarray(0, 99), data });
    assert.equal(refused.code, 1);
    assert.match(refused.out, /NOT TAKEN: Standard input is cut off or damaged/);
  });

  test('the directory of the store may come from the environment, and the flag beats it', async () => {
    const input = formatAttempts(1);
    const run1 = await run(['ingest', '-', '--json'], {
      input,
      data: null,
      env: { DATA_DIR: join(folder, 'from-env') },
    });
    assert.equal(run1.code, 0, run1.err);
    assert.ok(existsSync(join(folder, 'from-env', 'store')));
    assert.ok(!existsSync(join(folder, 'data', 'from-env')));
  });
});

test('a directory without a store is none to look into or to remove from, and none is made there', async () => {
  const asked = [['audit'], ['refresh'], ['learner', 'forget', 'ada'], ['learner', 'export', 'ada'], ['keys', 'list']];
  const elsewhere = join(folder, 'mistyped');
  for (const { code, out, err } of await runTogether(asked.map((command) => [...command, '--data', elsewhere]))) {
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^There is no store in .*mistyped\. Name the directory that has it/);
  }
  assert.equal(existsSync(elsewhere), false);
});

describe('refresh', () => {
  test('prints what it did', async () => {
    const refresh = ['refresh', '--as-of', '2026-11-24', '--data', DATA];
    const [full, words] = await runTogether([[...refresh, '--json', '--full'], refresh]);
    assert.equal(full?.code, 0);
    const { seconds, ...result } = JSON.parse(full?.out ?? '') as { seconds: number };
    assert.equal(typeof seconds, 'number');
    assert.deepEqual(result, {
      refreshed: 1,
      courses: 1,
      learners: 1,
      recomputed: 1,
      left: 0,
      withheld: 0,
      as_of: '2026-11-24',
    });
    assert.match(words?.out ?? '', /^0 of 1 course with 0 learners refreshed \(0 computed anew\) in/);
  });
});

describe('wrong configuration is exit code 2, with the name of the variable', () => {
  test('an address that is none', async () => {
    const { code, err } = await run(['refresh'], { env: { CLICKHOUSE_URL: 'not an address with pass:word' } });
    assert.equal(code, 2);
    assert.match(err, /^CLICKHOUSE_URL is not an address/);
    assert.doesNotMatch(err, /pass:word/);
  });

  test('a server that does not answer is exit code 1', async () => {
    const { code, out, err } = await run(['refresh'], { env: { CLICKHOUSE_URL: 'http://127.0.0.1:9' } });
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /127\.0\.0\.1:9 does not answer/);
    assert.doesNotMatch(err, /at .*\.ts:/);
  });
});

test(
  'standard output that cannot be written is told',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full' },
  async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const child = spawn(process.execPath, [MAIN, '--help'], { env: CLI_ENV, stdio: ['ignore', full, 'pipe'] });
      assert.ok(child.stderr !== null);
      const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
      assert.equal(code, 1);
      assert.equal(err, 'What was asked is done, but standard output cannot be written (ENOSPC).\n');
    } finally {
      closeSync(full);
    }
  },
);

test('in a data directory that others may enter, all that is made is for its owner alone', async () => {
  const data = join(folder, 'entered');
  mkdirSync(data, { mode: 0o755 });
  chmodSync(data, 0o755);
  const log = write('entered.log', formatAttempts(3));
  assert.equal((await run(['ingest', log, '--no-refresh'], { data })).code, 0);
  const made = readdirSync(data, { recursive: true, encoding: 'utf8' });
  assert.ok(made.includes('store') && made.length > 50);
  const open = made.filter((name) => (lstatSync(join(data, name)).mode & 0o077) !== 0 && !isLink(join(data, name)));
  assert.deepEqual(open, []);
});

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}
