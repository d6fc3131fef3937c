import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { makeTempFolder } from '../../test/temp-store.ts';
import { isZstdComplete } from './check-zstd.ts';

const { write } = makeTempFolder();
const noise = randomBytes(300_000);
const SKIPPED = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const FRAMES = {
  'of one byte': zstdCompressSync('x'),
  'of nothing': zstdCompressSync(''),
  'of one byte repeated': zstdCompressSync(Buffer.alloc(1_000_000, 120)),
  'of what cannot be packed': zstdCompressSync(noise),
  'of text': zstdCompressSync(Buffer.from(noise.toString('hex'))),
  'with a checksum': zstdCompressSync('abc', { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  'without its size': zstdCompressSync(noise, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
};

for (const [name, frame] of Object.entries(FRAMES)) {
  test(`a frame ${name} is complete as it is, and no less`, async () => {
    assert.equal(await isZstdComplete(write('whole.zst', frame)), true);
    assert.equal(await isZstdComplete(write('twice.zst', Buffer.concat([frame, SKIPPED, frame]))), true);
    for (const missing of [1, 2, 3, 4, 5, Math.floor(frame.length / 2), frame.length - 1]) {
      if (missing >= frame.length) continue;
      const cut = frame.subarray(0, frame.length - missing);
      assert.equal(await isZstdComplete(write('cut.zst', cut)), false, `without the last ${missing} bytes`);
      assert.equal(await isZstdComplete(write('cut.zst', Buffer.concat([frame, cut]))), false);
    }
  });
}

test('what follows the frames must be a frame', async () => {
  assert.equal(await isZstdComplete(write('more.zst', Buffer.concat([FRAMES['of text'], Buffer.from('more')]))), false);
  assert.equal(await isZstdComplete(write('none.zst', '')), true);
});
