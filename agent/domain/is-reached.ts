/** Whether that moment has come; one that is not known has not. */
export function isReached(moment: Date | undefined, now: Date): boolean {
  return moment !== undefined && moment <= now;
}
