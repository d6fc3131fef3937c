import { constants } from 'node:os';

/** What the system calls a fault, as `EIO`. Node has no name for some: a handle that a network file system gave up, a quota that is used up. */
export function readFaultName({ code, errno }: NodeJS.ErrnoException): string | undefined {
  if (code === undefined || /^E[A-Z0-9]+$/.test(code)) return code;
  return Object.entries(constants.errno).find(([, number]) => number === -(errno ?? 0))?.[0] ?? code;
}
