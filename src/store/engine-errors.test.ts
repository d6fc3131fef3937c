import assert from 'node:assert/strict';
import test from 'node:test';
import { describeEngineError, isPassing } from './engine-errors.ts';

const tell = (code: string) => describeEngineError(Object.assign(new Error('tls'), { code }), 'ClickHouse at a:8443');

test('a certificate that is not believed is told with what helps', () => {
  assert.equal(
    tell('CERT_HAS_EXPIRED').message,
    'The certificate of the ClickHouse at a:8443 has expired (CERT_HAS_EXPIRED).',
  );
  assert.match(tell('ERR_TLS_CERT_ALTNAME_INVALID').message, /is for another host name \(\S+\)\.$/);
  assert.match(tell('SELF_SIGNED_CERT_IN_CHAIN').message, /is not believed .* NODE_EXTRA_CA_CERTS/);
  assert.equal(isPassing(tell('CERT_HAS_EXPIRED')), false);
});
