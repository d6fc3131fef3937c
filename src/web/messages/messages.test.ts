import assert from 'node:assert/strict';
import { test } from 'node:test';
import en from './en.json' with { type: 'json' };
import es from './es.json' with { type: 'json' };
import { chooseLocale, formatLocaleOf } from './locale.ts';
import { pseudoMessage } from './pseudo.ts';

/** The values that a message is given: names in braces that are not the words of a plural. */
function valuesOf(message: string): string[] {
  const names = Array.from(message.matchAll(/(?<!(?:=\d+|one|other) )\{(\w+)(?=[,}])/g), ([, name]) => name ?? '');
  return [...new Set(names)].toSorted((a, b) => a.localeCompare(b));
}

test('every message is there in every language, with the same values', () => {
  assert.deepEqual(Object.keys(es), Object.keys(en));
  for (const [id, text] of Object.entries(es)) {
    assert.notEqual(text.trim(), '', id);
    assert.deepEqual(valuesOf(text), valuesOf(en[id as keyof typeof en]), id);
    // the build leaves out what reads a skeleton, and what one for a clock of the reader's region needs
    for (const message of [text, en[id as keyof typeof en]]) assert.doesNotMatch(message, /::/, id);
  }
});

test('no letter says “this week”: on a Monday that is another one than the seven days that are meant', () => {
  for (const [id, text] of [...Object.entries(en), ...Object.entries(es)])
    if (/^say(All)?\./.test(id)) assert.doesNotMatch(text, /this week|esta semana/i, id);
});

test('a message is longer and stranger in the test language, its values the same', () => {
  assert.equal(
    pseudoMessage('Pages {count, plural, one {# page} other {# pages}}'),
    '[Þáĝéš {count, plural, one {# page} other {# pages}}··]'.replace('Þ', 'P'),
  );
});

test('the first language that is wished for and there is', () => {
  assert.equal(chooseLocale([null, 'fr-CA', 'es-MX', 'en']), 'es');
  assert.equal(chooseLocale(['fr']), 'en');
  assert.equal(chooseLocale(['en-XA', 'es']), 'en-XA');
});

test('numbers and dates are those of the region that the reader has for the language', () => {
  const mexico = formatLocaleOf('es', ['en-US', 'es-MX', 'es']);
  assert.equal(mexico, 'es-MX');
  assert.equal(new Intl.NumberFormat(mexico).format(12345.6), '12,345.6');
  assert.equal(new Intl.NumberFormat(formatLocaleOf('es', ['en-US'])).format(12345.6), '12.345,6');
  assert.equal(formatLocaleOf('en', ['es-MX', 'en-US@posix', 'en-GB']), 'en-GB');
  assert.equal(formatLocaleOf('en-XA', []), 'en');
});
