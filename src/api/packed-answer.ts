import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { ApiEnv } from './api-env.ts';
import { acceptsCoding } from './accepts-coding.ts';

/** What everybody is answered the same: packed once, not for each who asks. */
export interface PackedAnswer {
  readonly type: string;
  readonly tag: string;
  readonly body: Buffer<ArrayBuffer>;
  readonly br: Buffer<ArrayBuffer>;
  readonly gzip: Buffer<ArrayBuffer>;
}

/** @param type of its content, as in `Content-Type` */
export async function packAnswer(body: Buffer<ArrayBuffer>, type: string): Promise<PackedAnswer> {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
  const [br, zipped] = await Promise.all([promisify(brotliCompress)(body, quality), promisify(gzip)(body)]);
  return { type, tag: `"${hash('sha1', body)}"`, body, br, gzip: zipped };
}

/** Answers in the form that is the smallest of those that the caller takes. */
export function sendPacked(c: Context<ApiEnv>, packed: PackedAnswer): Response {
  const accepted = c.req.header('Accept-Encoding');
  const coding = (['br', 'gzip'] as const).find((name) => acceptsCoding(accepted, name));
  c.header('Content-Type', packed.type);
  // one tag for the same in other bytes
  c.header('ETag', coding === undefined ? packed.tag : `W/${packed.tag}`);
  if (coding !== undefined) c.header('Content-Encoding', coding);
  return c.body(packed[coding ?? 'body']);
}
