import { randomUUID } from 'node:crypto';
import type { ApiDefinition, ApiInput, Bundle, BundleInput, EventDefinition, EventInput } from './landscape-types.ts';

/** A bundle as it is stored: ids made, defaults filled in, definitions in the Director's order. */
export function toBundle(applicationId: string, input: BundleInput, createdAt: Date): Bundle {
  return {
    id: input.id ?? randomUUID(),
    applicationId,
    name: input.name,
    description: input.description ?? null,
    instanceAuthRequestInputSchema: input.instanceAuthRequestInputSchema ?? null,
    defaultInstanceAuth: input.defaultInstanceAuth ?? null,
    correlationIDs: input.correlationIDs ?? null,
    apis: sortedById((input.apis ?? []).map((api) => toApi(api, createdAt))),
    events: sortedById((input.events ?? []).map((event) => toEvent(event, createdAt))),
    instanceAuths: [],
    createdAt,
  };
}

export function toApi(input: ApiInput, createdAt: Date): ApiDefinition {
  return { ...toEvent(input, createdAt), targetURL: input.targetURL };
}

export function toEvent(input: EventInput, createdAt: Date): EventDefinition {
  return {
    id: input.id ?? randomUUID(),
    name: input.name,
    description: input.description ?? null,
    group: input.group ?? null,
    spec: input.spec ?? null,
    version: input.version ?? null,
    visibility: input.visibility ?? 'public',
    createdAt,
  };
}

/** Sorts in place, as the Director orders everything. */
export function sortedById<T extends { id: string }>(items: T[]): T[] {
  return items.sort((left, right) => (left.id < right.id ? -1 : 1));
}
