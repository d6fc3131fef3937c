/**
 * Has all that this process makes be for its owner alone, also in a data directory that was made otherwise: names and addresses of
 * learners are in it.
 */
export function keepToOwner(): void {
  process.umask(0o077);
}
