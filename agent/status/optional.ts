/** An object with that field, or an empty one where there is no value: an absent field, never an undefined one. */
export function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  // TypeScript knows an object with a computed key by its index alone.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}
