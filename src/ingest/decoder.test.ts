import assert from 'node:assert/strict';
import test from 'node:test';
import { DECODER_SETTINGS, decoderSql } from './decoder.ts';

test('the statement leaves room for all else in an address of 16 KiB', () => {
  const address = new URLSearchParams({ query: `${decoderSql('source')} SETTINGS ${DECODER_SETTINGS}` }).toString();
  assert.ok(address.length < 15_200, `${address.length}`);
});
