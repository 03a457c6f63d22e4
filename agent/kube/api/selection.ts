import type { Attempt, Verb } from './kube-failure.ts';
import { type ResourceType, toResourcePath } from './resource-type.ts';

/** Which objects a list or watch covers. */
export interface Selection {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Only the object of this name. */
  readonly name?: string;
}

/** Path and query of a list or watch. */
export function toSelectionPath(selection: Selection, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  if (selection.labelSelector !== undefined) query.set('labelSelector', selection.labelSelector);
  if (selection.name !== undefined) query.set('fieldSelector', `metadata.name=${selection.name}`);
  for (const [name, value] of Object.entries(parameters)) query.set(name, value);
  return `${toResourcePath(selection.type, selection.namespace)}?${query.toString()}`;
}

/** What a list or watch tries, for what is told when it fails. */
export function toAttempt(verb: Verb, { type, namespace, name }: Selection): Attempt {
  return { verb, type, namespace, name };
}
