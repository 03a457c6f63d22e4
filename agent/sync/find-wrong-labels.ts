import type { Landscape } from '../domain/landscape.ts';
import type { SyncSettings } from './sync-parts.ts';

/** A label that the runtime should have in UCL. */
export interface WantedLabel {
  readonly key: string;
  readonly value: string;
}

/** The labels of the runtime that UCL does not have as the settings want them. Pure. */
export function findWrongLabels(
  { runtimeLabels: present }: Pick<Landscape, 'runtimeLabels'>,
  { runtimeLabels: wanted }: Pick<SyncSettings, 'runtimeLabels'>,
): WantedLabel[] {
  return Object.entries(wanted).flatMap(([key, value]) =>
    value === undefined || present[key] === value ? [] : [{ key, value }],
  );
}
