import assert from 'node:assert/strict';
import { constants } from 'node:os';
import test from 'node:test';
import { LocalFault, describeEngineError, isPassing } from './engine-errors.ts';

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

test('a quota that is used up is told as a disk that is full', () => {
  const errno = -constants.errno.EDQUOT;
  const ofNode = Object.assign(new Error('write'), { code: `Unknown system error ${errno}`, errno });
  assert.match(new LocalFault('/srv/data', ofNode).message, /^The disk of the data directory \/srv\/data is full\./);
  const ofEngine = new Error(
    'Code: 75. DB::Exception: Cannot write to file: , errno: 122, strerror: Disk quota exceeded.',
  );
  const told = describeEngineError(ofEngine, 'data directory /srv/data');
  assert.match(told.message, /^The disk of the data directory \/srv\/data is full\./);
});
