/**
 * The name of a system as the Director lists it for a runtime (docs/contracts/compass.md#names): normalised
 * unless the runtime's label `isNormalized` says otherwise, then the system number as it is.
 */
export function applicationNameForRuntime(
  application: { name: string; systemNumber: string | null },
  isNormalizedLabel: unknown,
): string {
  // Only an absent label or the string "true" counts: the boolean true does not.
  const normalises = isNormalizedLabel === undefined || isNormalizedLabel === null || isNormalizedLabel === 'true';
  const name = normalises ? normalizeApplicationName(application.name) : application.name;
  return application.systemNumber === null ? name : `${name}-${application.systemNumber}`;
}

/** Director's normalisation: prefix `mp-`, lower case, runs of anything else to one dash, no trailing dash. */
export function normalizeApplicationName(name: string): string {
  const clean = (text: string) =>
    text
      // Go lower-cases U+0130 to one "i", JavaScript to two code points.
      .replaceAll('\u0130', 'i')
      .toLowerCase()
      .replaceAll(/[^-a-z0-9]/gu, '-')
      .replaceAll(/-{2,}/g, '-')
      .replace(/-$/, '');
  return name.startsWith('mp-') && clean(name) === name ? name : clean(`mp-${name}`);
}
