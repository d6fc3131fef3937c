import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAddress, fitMailto, formatMailto, isAddress, MAX_SUBJECT } from './mailto.ts';

test('a message to one keeps its text whole', () => {
  const mailto = formatMailto({ to: ['a+b&c@x.org'], blind: false, subject: 'Q & A?', body: 'Hi Zoë,\nhow = 100 %?' });
  assert.equal(
    mailto,
    'mailto:a%2Bb%26c@x.org?subject=Q%20%26%20A%3F&body=Hi%20Zo%C3%AB%2C%0D%0Ahow%20%3D%20100%20%25%3F',
  );
});

test('what is no address is not written to, and none adds to the message', () => {
  for (const email of ['a@x.org', "o'neil+1@mail.x.org", 'josé@exämple.org', 'root@localhost'])
    assert.ok(isAddress(email), email);
  for (const email of [
    null,
    '',
    'nobody',
    'a@x@y',
    'a b@x.org',
    'a@x.org,b@x.org',
    'a,b@x.org',
    'A <a@x.org>',
    '@x.org',
    'a@',
  ])
    assert.ok(!isAddress(email), String(email));
  assert.equal(encodeAddress('a?bcc=b&c@x.org'), 'a%3Fbcc%3Db%26c@x.org');
});

test('several do not see each other', () => {
  const mailto = formatMailto({ to: ['a@x.org', 'b@x.org'], blind: true, subject: 's', body: '' });
  assert.equal(mailto, 'mailto:?bcc=a@x.org,b@x.org&subject=s&body=');
  assert.equal(formatMailto({ to: [], blind: true, subject: 's', body: '' }), 'mailto:?subject=s&body=');
});

function fit(to: readonly string[], body: string, subject = 's') {
  const { href, leftOut } = fitMailto({ to, blind: to.length > 1, subject, body });
  assert.ok(href.length <= 1900, `${href.length} characters`);
  return { href, leftOut };
}

test('a link is never too long: what has no room is left out, and told', () => {
  const one = ['somebody@example.org'];
  const many = Array.from({ length: 100 }, () => 'somebody@example.org');
  const long = 'Здравствуйте! '.repeat(30);
  assert.deepEqual(fit(one, 'short'), { href: 'mailto:somebody@example.org?subject=s&body=short', leftOut: [] });
  assert.deepEqual(fit(one, long), { href: 'mailto:somebody@example.org?subject=s&body=', leftOut: ['text'] });
  assert.deepEqual(fit(many, 'short'), { href: 'mailto:?subject=s&body=short', leftOut: ['addresses'] });
  assert.deepEqual(fit(many, long), { href: 'mailto:?subject=s&body=', leftOut: ['addresses', 'text'] });
  // each would fit without the other: the longer one is left out
  assert.deepEqual(fit(many.slice(0, 50), 'a'.repeat(1000)).leftOut, ['addresses']);
  assert.deepEqual(fit(many.slice(0, 30), 'a'.repeat(1500)).leftOut, ['text']);
  fit(many, long, '語'.repeat(MAX_SUBJECT));
});
