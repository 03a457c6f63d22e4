import { parseServiceUrl } from './parse-values.ts';
import type { Settled } from './setting.ts';

/** The last word on values that were accepted. */

/** Takes the nearest value that can be used: what the Go agent accepts must not keep this one from starting. */
export const nearest =
  (min: number, max: number, show: (value: number) => string) =>
  <T extends number | undefined>(value: T): Settled<T | number> => {
    if (value === undefined || (value >= min && value <= max)) return { value };
    const [used, side] = value < min ? [min, 'less'] : [max, 'more'];
    return { value: used, note: `is ${side} than can be used: ${show(used)} is used instead.` };
  };

const leaveAlone = (why: string) => ({
  value: undefined,
  note: `${why}: the agent does not change that label of the runtime in UCL.`,
});

/** The Go agent's defaults point to `kyma.local`; publishing them in UCL would be wrong, as would a text that is no URL. */
export function settleLabel(text: string | undefined): Settled<string | undefined> {
  if (text === undefined) return leaveAlone('is not set');
  const url = parseServiceUrl(text);
  if (url === undefined) return leaveAlone('is not an http or https URL without user name, query and fragment');
  const isPlaceholder = /(^|\.)kyma\.local$/i.test(new URL(url).hostname);
  return isPlaceholder ? leaveAlone('is a placeholder (kyma.local)') : { value: url };
}
