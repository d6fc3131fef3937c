import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { serve } from '../src/cli/serve.ts';

const ROOT = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

const CONTAINER = read('Dockerfile');
const TUTOR = read('deploy/tutor/learner_analytics.yml');
const UNIT = read('deploy/learner-analytics.service');

const SETTINGS = new Set([...read('docs/configuration.md').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name));

for (const [what, text, setting] of [
  ['the container image', CONTAINER, /(?<=^ENV .*)\b([A-Z_]+)=/gm],
  ['the plugin for Tutor', TUTOR, /^ {8}([A-Z_]+): /gm],
  ['the service', UNIT, /(?<=^Environment=.*)\b([A-Z_]+)=/gm],
] as const) {
  test(`settings of ${what} are there`, () => {
    const settings = [...text.matchAll(setting)].map(([, name]) => name);
    assert.ok(settings.length > 1);
    for (const name of settings) assert.ok(SETTINGS.has(name), name);
  });
}

/** What a pattern has in brackets, each once, in order. */
const find = (path: string, pattern: RegExp): string[] => {
  const found = [...read(path).matchAll(pattern)].map(([, name = '']) => name);
  return [...new Set(found)].toSorted();
};

test('every setting that is read is told, and every one that is told is read', () => {
  const told = find('docs/configuration.md', /^\| `([A-Z_]+)`/gm);
  assert.ok(told.length > 20);
  assert.deepEqual(told, find('src/config.ts', /\bset\['([A-Z_]+)'\]/g));
});

test("the design tokens of a site's brand that are told are those that the pages read", () => {
  const told = find('docs/configuration.md', /(--pgn-[a-z-]+)/g);
  assert.ok(told.length > 2);
  assert.deepEqual(told, find('src/web/styles/base.css', /var\(\s*(--pgn-[a-z-]+)/g));
});

test('what the plugin for Tutor and its documentation name of its configuration is there', () => {
  const [, config = ''] = /^config:\n([^]*?)^patches:/m.exec(TUTOR) ?? [];
  const defined = new Set([...config.matchAll(/^ {4}([A-Z_]+): /gm)].map(([, name]) => name));
  const named = [...`${TUTOR}${read('docs/operating.md')}`.matchAll(/LEARNER_ANALYTICS_([A-Z_]+)/g)];
  assert.ok(named.length > 5);
  for (const [, name] of named) assert.ok(defined.has(name), name);
});

test('flags of serve that are given or advised are there', () => {
  const flags = [TUTOR, UNIT, read('docs/operating.md')].map((text) =>
    [...text.matchAll(/(?<=\bserve .*|SERVE_OPTIONS.*)--([a-z-]+)/g)].map(([, flag = '']) => flag),
  );
  for (const given of flags) assert.ok(given.includes('watch'), given.join());
  for (const flag of flags.flat()) assert.ok(Object.hasOwn(serve.options, flag), flag);
});

/** Statements by which a right to alter tables is used; to drop a partition is to delete its rows. */
const ALTERS: Readonly<Record<string, RegExp>> = {
  'ALTER ADD COLUMN': /\bADD COLUMN\b/,
  'ALTER ORDER BY': /\bMODIFY ORDER BY\b/,
  'ALTER DELETE': /\bALTER TABLE \S+ (DELETE|DROP PARTITION)\b/,
  'ALTER UPDATE': /\bALTER TABLE \S+ UPDATE\b/,
};

test('no right to alter tables is asked for that no statement uses', () => {
  const sources = readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.test)\.(ts|sql)$/.test(path))
    .map((path) => read(`src/${path}`))
    .join('\n');
  const rights = [...read('deploy/clickhouse-grants.sql').matchAll(/^GRANT (.*) ON /gm)]
    .flatMap(([, granted = '']) => granted.split(', '))
    .filter((right) => right.startsWith('ALTER'));
  assert.ok(rights.length > 2);
  for (const right of rights) assert.match(sources, ALTERS[right] ?? /^no statement$/, right);
});

test('what the container image is made of is there, and nothing of it is left out', () => {
  const taken = [...CONTAINER.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) => from.split(' '));
  const allowed = read('.dockerignore').split('\n');
  assert.ok(taken.length > 4);
  for (const path of taken) {
    assert.ok(existsSync(new URL(path, ROOT)), path);
    assert.ok(allowed.includes(`!${path}`), path);
  }
  const major = /^FROM node:(\d+)/m.exec(CONTAINER)?.[1];
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };
  assert.equal(major, devDependencies.node.split('.')[0]);
});

test('proxies write no addresses into logs, and the system none of the commands, which name learners', () => {
  const operating = read('docs/operating.md');
  assert.match(operating, /^ {2}access_log off;/m);
  assert.match(operating, /^ {2}error_log .* crit;/m);
  // the snippet of Tutor logs every request
  assert.match(TUTOR, /^ +reverse_proxy learner-analytics:8100$/m);
  assert.doesNotMatch(TUTOR, /^ +import proxy/m);
  // of a unit without a description, systemd logs the command
  const commands = operating.match(/systemd-run .*/g) ?? [];
  assert.ok(commands.length > 0);
  for (const command of commands) assert.match(command, / --description=learner-analytics /);
});

test('an installation that runs has the packages that it imports, and none that only the build needs', () => {
  const sources = readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.test)\.ts$/.test(path) && !path.startsWith('web/'))
    .map((path) => read(`src/${path}`))
    .join('\n');
  const names = [
    ...sources.matchAll(
      /(?:^(?:import |export |}).*\bfrom |\bimport\(|\brequire\()'((?:@[\w-]+\/)?[a-z][\w-]*)[^':]*'/gm,
    ),
  ];
  const imported = new Set(names.map(([, name = '']) => name));
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
  assert.deepEqual([...imported].toSorted(), Object.keys(dependencies).toSorted());
});

test('the service is given what its unit names', () => {
  const [, script = ''] = /^ExecStart=\S+\/node (\S+) serve /m.exec(UNIT) ?? [];
  assert.ok(existsSync(new URL(script, ROOT)), script);
});
