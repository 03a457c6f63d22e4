/**
 * Whether two JSON values say the same: the order of keys does not matter, and a key that is absent, undefined or null
 * is the same, since the API server drops nulls where the schema does not allow them.
 */
export function isSameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === undefined || left === null) return right === undefined || right === null;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item: unknown, index) => isSameValue(item, right[index]))
    );
  }
  if (typeof left !== 'object' || typeof right !== 'object' || right === null || Array.isArray(right)) return false;
  const leftFields = new Map<string, unknown>(Object.entries(left));
  const rightFields = new Map<string, unknown>(Object.entries(right));
  const keys = new Set([...leftFields.keys(), ...rightFields.keys()]);
  return [...keys].every((key) => isSameValue(leftFields.get(key), rightFields.get(key)));
}
