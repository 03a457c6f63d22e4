/**
 * The conditions of the CompassConnection. `good`: the status in which all is well, and its reason then; another reason
 * with the same status tells of something to look at. `summary`: it repeats what another
 * condition says, so no Event tells of its changes.
 */
export const conditionTypes = {
  Ready: { good: 'True', reason: undefined, summary: true },
  Connected: { good: 'True', reason: 'Connected', summary: false },
  CertificateValid: { good: 'True', reason: 'Valid', summary: false },
  Synchronized: { good: 'True', reason: 'Synchronized', summary: false },
  /** Present while True only: a sync takes long. */
  Reconciling: { good: 'True', reason: undefined, summary: true },
  /** Present while True only: nothing helps until a person acts. */
  Stalled: { good: 'False', reason: undefined, summary: true },
  /** Present while True only: a large removal waits. */
  PruneHeld: { good: 'False', reason: undefined, summary: false },
} as const satisfies Record<string, GoodCondition>;

interface GoodCondition {
  readonly good: 'True' | 'False';
  readonly reason: string | undefined;
  readonly summary: boolean;
}

export type ConditionType = keyof typeof conditionTypes;

export function isConditionType(type: string): type is ConditionType {
  return type in conditionTypes;
}

/** Every type, in the order in which the status lists them. */
export const listedConditionTypes = Object.keys(conditionTypes).filter(isConditionType);
