import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import test from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeTempFolder } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import { findSources } from './sources.ts';

const { folder, write } = makeTempFolder();

function list(...paths: string[]): string[] {
  return findSources(paths.map((path) => `${folder}/${path}`)).sources.map(({ path }) => relative(folder, path));
}

function refuse(path: string, message: RegExp): void {
  assert.throws(
    () => findSources([path]),
    (error) => error instanceof AppError && error.code === 'source_unreadable' && message.test(error.message),
  );
}

test('a folder gives its logs and those below, by their names', () => {
  for (const name of [
    'tracking.log',
    'tracking.log.1',
    'tracking.log-20261101.gz',
    'deep/er/events.jsonl.zst',
    'x.ndjson',
  ])
    write(`site/${name}`, 'x');
  for (const name of ['readme.txt', 'logbook', 'catalog', 'deep/truth.json', '.hidden']) write(`site/${name}`, 'x');
  assert.deepEqual(list('site'), [
    'site/deep/er/events.jsonl.zst',
    'site/tracking.log',
    'site/tracking.log-20261101.gz',
    'site/tracking.log.1',
    'site/x.ndjson',
  ]);
});

test('a file is taken whatever its name, and once however often it is named', () => {
  write('one/odd name', 'x');
  assert.deepEqual(list('one/odd name', 'one/./odd name', 'one/odd*'), ['one/odd name']);
});

test('a glob gives files and the logs of folders', () => {
  for (const name of ['2026-01/a.log', '2026-02/b.log', '2026-02/notes.txt', '2025-01/c.log'])
    write(`glob/${name}`, 'x');
  assert.deepEqual(list('glob/2026-*'), ['glob/2026-01/a.log', 'glob/2026-02/b.log']);
  assert.deepEqual(list('glob/**/{a,c}.log'), ['glob/2025-01/c.log', 'glob/2026-01/a.log']);
});

for (const name of [
  'sp ace.log',
  "quo'te.log",
  'dou"ble.log',
  'st*r.log',
  'que?stion.log',
  '[ab].log',
  '{a,b}.log',
  'inner::archive.zip::x.log',
  'back\\slash.log',
  'new\nline.log',
  'emoji😀.log',
  '%2e%2e.log',
]) {
  test(`${JSON.stringify(name)} is a name like any other`, () => {
    write(`names/${name}`, 'x');
    assert.deepEqual(list(`names/${name}`), [`names/${name}`]);
  });
}

test('links to folders are followed, each folder once, links that lead nowhere or in a circle are passed over', () => {
  write('elsewhere/linked.log', 'x');
  write('links/own.log', 'x');
  symlinkSync(`${folder}/elsewhere`, `${folder}/links/elsewhere`);
  symlinkSync(`${folder}/links`, `${folder}/links/circle`);
  symlinkSync('..', `${folder}/links/up.log`);
  symlinkSync('self.log', `${folder}/links/self.log`);
  symlinkSync('gone', `${folder}/links/dangling.log`);
  assert.ok(list('links').includes('links/own.log'));
  assert.ok(list('links').includes('links/elsewhere/linked.log'));
  assert.equal(list('links').filter((path) => path.endsWith('own.log')).length, 1);
});

test('what cannot be read is told, with its name', () => {
  refuse(`${folder}/missing.log`, /no file, folder or match for .*missing\.log/);
  refuse(`${folder}/missing*.log`, /no file, folder or match/);
  refuse(`${folder}/one/odd name/below`, /no file, folder or match/);
  refuse(`${folder}/${'x'.repeat(300)}`, /ENAMETOOLONG/);
  refuse(`${folder}/nul\0.log`, /nul\\u\{0\}\.log cannot be read/);
  refuse(`${folder}/\u001b[2J\u202e\n5 facts.log`, /match for .*\/\\u\{1b\}\[2J\\u\{202e\}\\u\{a\}5 facts\.log/);
  refuse(`${folder}/links/self.log`, /ELOOP/);
  mkdirSync(`${folder}/empty`);
  refuse(`${folder}/empty`, /holds no logs/);
  write('no-logs/readme.txt', 'x');
  refuse(`${folder}/no-logs`, /holds no logs/);
});

test('what is encrypted is told, in a folder beside what can be read', () => {
  write('archive/o-edx-events-2026-11-01.log.gz.gpg', 'x');
  write('archive/o-edx-events-2026-11-02.log', '');
  refuse(`${folder}/archive/o-edx-events-2026-11-01.log.gz.gpg`, /is encrypted: decrypt it first/);
  const { sources, failed } = findSources([`${folder}/archive`]);
  assert.deepEqual([sources.length, failed.map(({ reason }) => reason.includes('is encrypted'))], [1, [true]]);
});

test('a pipe or a device is refused without waiting for it: it would be taken for empty', () => {
  execFileSync('mkfifo', [`${folder}/pipe.log`]);
  refuse(`${folder}/pipe.log`, /no regular file; pipe it in/);
  refuse('/dev/null', /no regular file/);
});

test('how a file is packed is known by its first bytes, not its name', () => {
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);
  const packed = {
    'packed/gz.log': gzipSync('x'),
    'packed/zstd.gz': zstdCompressSync('x'),
    'packed/pzstd.log': Buffer.concat([skipped, zstdCompressSync('x')]),
    'packed/plain.gz': 'x',
    'packed/empty.gz': '',
    'packed/short.gz': Buffer.from([0x1f]),
  };
  for (const [name, data] of Object.entries(packed)) write(name, data);
  assert.deepEqual(
    findSources([`${folder}/packed/*`]).sources.map(({ path, compression }) => [
      relative(`${folder}/packed`, path),
      compression,
    ]),
    [
      ['empty.gz', 'none'],
      ['gz.log', 'gz'],
      ['plain.gz', 'none'],
      ['pzstd.log', 'zstd'],
      ['short.gz', 'none'],
      ['zstd.gz', 'zstd'],
    ],
  );
  const old = write('packed/old.log', Buffer.from('425a683931415926', 'hex'));
  refuse(old, /bzip2.*bzcat/);
  refuse(write('archive.log', Buffer.from('504b030414000000', 'hex')), /packed with zip, .* unzip -p FILE \|/);
  // of a folder or a pattern the others are taken
  for (const path of [`${folder}/packed`, `${folder}/packed/*.log`]) {
    const { sources, failed } = findSources([path]);
    assert.deepEqual(
      sources.map((each) => relative(`${folder}/packed`, each.path)),
      ['gz.log', 'pzstd.log'],
    );
    assert.deepEqual(
      failed.map((each) => each.path),
      [old],
    );
    assert.match(failed[0]!.reason, /bzip2.*bzcat/);
  }
});
