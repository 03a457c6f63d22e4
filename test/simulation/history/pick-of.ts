/** One of the list; undefined for none. `pick`: from 0 up to but not including 1. */
export function pickOf<T>(list: readonly T[], pick: number): T | undefined {
  return list[Math.floor(pick * list.length)];
}
