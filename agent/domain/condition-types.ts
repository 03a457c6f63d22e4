/**
 * The conditions of the CompassConnection. `good`: the status in which all is well. `summary`: it repeats what another
 * condition says, so no Event tells of its changes.
 */
export const conditionTypes = {
  Ready: { good: 'True', summary: true },
  Connected: { good: 'True', summary: false },
  CertificateValid: { good: 'True', summary: false },
  Synchronized: { good: 'True', summary: false },
  /** Present while True only: nothing helps until a person acts. */
  Stalled: { good: 'False', summary: true },
  /** Present while True only: a large removal waits. */
  PruneHeld: { good: 'False', summary: false },
} as const satisfies Record<string, { readonly good: 'True' | 'False'; readonly summary: boolean }>;

export type ConditionType = keyof typeof conditionTypes;

export function isConditionType(type: string): type is ConditionType {
  return type in conditionTypes;
}

/** Every type, in the order in which the status lists them. */
export const listedConditionTypes = Object.keys(conditionTypes).filter(isConditionType);
