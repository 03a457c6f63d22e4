import * as z from 'zod';

/** A key of its own beside those of pairing, which older agents leave as it is. */
const key = 'renewals';
/** No version writes more than a few. */
const timesSchema = z.array(z.iso.datetime({ offset: true })).max(20);

/** The key of the Secret for when renewals were tried. */
export function toRenewalsKey(renewals: readonly Date[]): Record<typeof key, string> {
  return { [key]: JSON.stringify(renewals) };
}

/** When renewals were tried by a Secret's keys. Whatever else stands there tells of none. */
export function parseRenewals({ [key]: value = '[]' }: Readonly<Record<string, string>>): Date[] {
  return (timesSchema.safeParse(parseJson(value)).data ?? []).map((time) => new Date(time));
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
