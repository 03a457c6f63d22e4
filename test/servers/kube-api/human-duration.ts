/** How long ago something was, as kubectl prints ages: `45s`, `5m10s`, `3h`, `2d4h`. */
export function humanDuration(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < -1) return '<invalid>';
  if (seconds < 120) return `${Math.max(seconds, 0)}s`;
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return withRest(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  return withRest(Math.floor(days / 365), 'y', days % 365, 'd');
}

function withRest(value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${value}${unit}` : `${value}${unit}${rest}${restUnit}`;
}

/** The age of a timestamp as a table cell; `<unknown>` where there is none. */
export function ageOf(timestamp: string, now: Date): string {
  const time = Date.parse(timestamp);
  if (timestamp === '') return '<unknown>';
  return Number.isNaN(time) ? '<invalid>' : humanDuration(now.getTime() - time);
}
