import { constants } from 'node:os';

/** What the system calls a fault, as `EIO`. Node has no name for some: a handle that a network file system gave up, a quota that is used up. */
export function readFaultName({ code, errno }: NodeJS.ErrnoException): string | undefined {
  // other codes, as of zlib, have numbers of their own
  if (code?.startsWith('Unknown system error') !== true) return code;
  return Object.entries(constants.errno).find(([, number]) => number === -(errno ?? 0))?.[0] ?? code;
}
