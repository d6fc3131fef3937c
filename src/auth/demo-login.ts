import type { Vouched } from './sessions.ts';

/** Whom the demonstration site takes everybody for. */
export const DEMO_USER: Vouched = {
  username: 'demo_instructor',
  name: 'Robin Example',
  isGlobalStaff: false,
  isDemo: true,
  lmsToken: null,
  refreshToken: null,
  vouchedUntil: null,
};

/** Whether a host, as configured or as asked for, is this machine and nothing else. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
