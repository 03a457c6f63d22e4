import type { Chance } from '../time/chance.ts';
import type { Deed } from './step.ts';

/** What happens, and how long after the part before it. */
export type Part = readonly [afterMs: number, deed: Deed];

/** What happens in one order. */
export type Story = (chance: Chance) => Part[];

export const second = 1_000;
export const minute = 60 * second;

export const askForSync = (afterMs: number): Part => [afterMs, { do: 'ask', what: 'sync', by: 'annotation' }];

export const depart = (count: number, pick: number): Deed => ({ do: 'depart', count, pick });
