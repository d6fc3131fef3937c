import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

const FRAME = 0xfd2fb528;
/** Frames to be skipped: the last four bits are free. */
const SKIPPED = 0x184d2a50;
const LONGEST_HEADER = 18;
const BLOCKS_AT_A_TIME = 2000;

/**
 * Whether a zstd file reaches the end of its last frame: the engine takes one that is cut off for complete. Only the
 * headers of frames and blocks are read (RFC 8878, section 3.1); whether a block can be unpacked is for the engine to find.
 */
export async function isZstdComplete(path: string): Promise<boolean> {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    let at = 0;
    let blocks = 0;
    while (at < size) {
      const head = Buffer.alloc(LONGEST_HEADER);
      readSync(file, head, 0, LONGEST_HEADER, at);
      const frame = readFrameHeader(head);
      if (frame === null) return false;
      at += frame.length;
      for (let last = !frame.hasBlocks; !last; blocks += 1) {
        const block = Buffer.alloc(3);
        if (readSync(file, block, 0, 3, at) < 3) return false;
        const header = block.readUIntLE(0, 3);
        last = header % 2 === 1;
        at += 3 + (isRepeatedByte(header) ? 1 : header >> 3);
        if (blocks % BLOCKS_AT_A_TIME === 0) await breathe();
      }
      at += frame.checksumLength;
    }
    return at === size;
  } finally {
    closeSync(file);
  }
}

function isRepeatedByte(blockHeader: number): boolean {
  return ((blockHeader >> 1) & 3) === 1;
}

/** How long the header of a frame is, or the frame that is to be skipped; null where none begins. */
function readFrameHeader(head: Buffer): { length: number; hasBlocks: boolean; checksumLength: number } | null {
  const magic = head.readUInt32LE(0);
  if (magic - (magic % 16) === SKIPPED) {
    return { length: 8 + head.readUInt32LE(4), hasBlocks: false, checksumLength: 0 };
  }
  if (magic !== FRAME) return null;
  const descriptor = head.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeLength = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryLength = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return {
    length: 5 + (isSingleSegment ? 0 : 1) + dictionaryLength + sizeLength,
    hasBlocks: true,
    checksumLength: (descriptor & 4) !== 0 ? 4 : 0,
  };
}
