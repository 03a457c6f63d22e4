import { toCount } from '../domain/to-count.ts';
import type { HeldRemoval } from './list-holds.ts';
import { relativeTime } from './relative-time.ts';
import { printable } from './render-table.ts';

const shownNames = 10;

/** Each held removal with its Applications and what becomes of it if nobody does anything. */
export function renderHolds(holds: readonly HeldRemoval[], now: Date): string {
  return holds.map((hold) => renderHold(hold, now)).join('');
}

function renderHold({ id, count, names, since, until }: HeldRemoval, now: Date): string {
  const waits = since === undefined ? '' : `, held since ${relativeTime(since, now)}`;
  const end =
    until === undefined
      ? 'to be removed only when a person approves it'
      : `to be removed ${relativeTime(until, now)} if UCL still does not assign them`;
  const more = names.length > shownNames ? [`... and ${names.length - shownNames} more`] : [];
  const listed = [...names.slice(0, shownNames).map(printable), ...more].map((line) => `  ${line}\n`);
  return `${printable(id)}  ${toCount(count)}${waits}; ${end}\n${listed.join('')}`;
}
