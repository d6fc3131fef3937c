import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
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

test('flags of serve that are given or advised are there', () => {
  const flags = [TUTOR, UNIT, read('docs/operating.md')].map((text) =>
    [...text.matchAll(/(?<=\bserve .*|SERVE_OPTIONS.*)--([a-z-]+)/g)].map(([, flag = '']) => flag),
  );
  for (const given of flags) assert.ok(given.includes('watch'), given.join());
  for (const flag of flags.flat()) assert.ok(Object.hasOwn(serve.options, flag), flag);
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

test('the service is given what its unit names', () => {
  const [, script = ''] = /^ExecStart=\S+\/node (\S+) serve /m.exec(UNIT) ?? [];
  assert.ok(existsSync(new URL(script, ROOT)), script);
});
