import { hash } from 'node:crypto';

/** Where from 0 up to 1 a text has its place: always the same for one text, and spread evenly over many. Pure. */
export function toShare(text: string): number {
  return Number.parseInt(hash('sha256', text).slice(0, 8), 16) / 2 ** 32;
}
