/** A time of a status; undefined: it stands for "never", or is not there. */
export function toDate(time: string | null | undefined): Date | undefined {
  return time == null ? undefined : new Date(time);
}
