/** `in 3 min`, `3 min ago`, `now`; an instant that cannot be read is `unknown`. */
export function relativeTime(instant: string, now: Date): string {
  const differenceMs = Date.parse(instant) - now.getTime();
  if (Number.isNaN(differenceMs)) return 'unknown';
  const seconds = Math.round(Math.abs(differenceMs) / 1000);
  if (seconds === 0) return 'now';
  const text = elapsed(seconds);
  return differenceMs > 0 ? `in ${text}` : `${text} ago`;
}

function elapsed(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
