import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { makeTempFolder } from './temp-store.ts';

// The client as another project has it: out of node_modules, under settings of its own.

const ROOT = join(import.meta.dirname, '..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const { folder, write } = makeTempFolder();

const installed = join(folder, 'node_modules/learner-analytics');
mkdirSync(installed, { recursive: true });
cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
execFileSync(process.execPath, [TSC, '-p', 'src/client', '--outDir', join(installed, 'dist/client')], { cwd: ROOT });
symlinkSync(join(ROOT, 'node_modules/@types'), join(folder, 'node_modules/@types'));

const example = /```ts\n([^]*?)```/.exec(readFileSync(join(ROOT, 'docs/api.md'), 'utf8'))?.[1] ?? '';
assert.match(example, /createClient/);
write('package.json', '{ "type": "module" }');
write('example.ts', example);
write(
  'wrong.ts',
  `import { createClient } from 'learner-analytics/client';
const client = createClient({ url: '' });
const asked = { fields: ['username'] } as const;
void [
  client.listLearners('a', { order_by: 'shoe size' }),
  client.listLearners('a', { segments: ['tall'] }),
  client.listLearners('a', asked).then(({ results }) => results[0]?.engagements.videos_viewed),
  client.followLink('https://x').then(({ results }) => results[0]?.username.length),
];
`,
);

function check(file: string, options: readonly string[]): string {
  const strict = ['--strict', '--noEmit', '--target', 'es2022', '--types', 'node'];
  const { stdout } = spawnSync(process.execPath, [TSC, ...strict, ...options, file], { cwd: folder, encoding: 'utf8' });
  return stdout;
}

for (const options of [
  ['--module', 'nodenext'],
  ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'],
  ['--module', 'nodenext', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--verbatimModuleSyntax'],
]) {
  test(`the example of the documentation compiles with ${options.join(' ')}`, () => {
    assert.equal(check('example.ts', options), '');
  });
}

test('what cannot be asked for, and what may be missing, does not compile', () => {
  const lines = [...check('wrong.ts', ['--module', 'nodenext']).matchAll(/^wrong\.ts\((\d+),/gm)].map(
    ([, line]) => line,
  );
  assert.deepEqual(lines, ['5', '6', '7', '8']);
});

test('Node runs it', () => {
  write('run.js', "import * as all from 'learner-analytics/client';\nconsole.log(Object.keys(all).join());\n");
  assert.equal(
    execFileSync(process.execPath, ['run.js'], { cwd: folder, encoding: 'utf8' }),
    'ApiError,createClient\n',
  );
});
