/** An instant as a column of times takes it: `2026-11-29 14:55:00.123`, in UTC. */
export function formatTime(instant: Date): string {
  return instant.toISOString().slice(0, -1).replace('T', ' ');
}
