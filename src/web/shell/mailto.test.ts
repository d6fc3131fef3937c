import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMailto, isTooLong } from './mailto.ts';

test('a message to one keeps its text whole', () => {
  const mailto = formatMailto({ to: ['a+b&c@x.org'], blind: false, subject: 'Q & A?', body: 'Hi Zoë,\nhow = 100 %?' });
  assert.equal(
    mailto,
    'mailto:a%2Bb%26c@x.org?subject=Q%20%26%20A%3F&body=Hi%20Zo%C3%AB%2C%0D%0Ahow%20%3D%20100%20%25%3F',
  );
});

test('several do not see each other', () => {
  const mailto = formatMailto({ to: ['a@x.org', 'b@x.org'], blind: true, subject: 's', body: '' });
  assert.equal(mailto, 'mailto:?bcc=a@x.org,b@x.org&subject=s&body=');
  const many = formatMailto({
    to: Array.from({ length: 100 }, () => 'somebody@example.org'),
    blind: true,
    subject: '',
    body: '',
  });
  assert.equal(formatMailto({ to: [], blind: true, subject: 's', body: '' }), 'mailto:?subject=s&body=');
  assert.deepEqual([isTooLong(mailto), isTooLong(many)], [false, true]);
});
