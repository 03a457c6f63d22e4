import { isIP } from 'node:net';
import { Cron } from 'croner';
import { validate } from 'node-cron';
import { parseDuration } from '../domain/duration.ts';

/** Readers of single values as they stand in environment variables. Each gives undefined for what it does not accept. */

/** Booleans as Go's strconv.ParseBool takes them. */
export function parseBoolean(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  return undefined;
}

export function parseWholeNumber(text: string, minimum: number, maximum: number): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : undefined;
}

/** A decimal number, as Go's strconv.ParseFloat takes it, but for infinities and hexadecimal ones. */
export function parseDecimal(text: string): number | undefined {
  if (!/^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function parseNamespace(text: string): string | undefined {
  return dnsLabel.test(text) ? text : undefined;
}

/**
 * `namespace/name`; where one of them is missing the namespace is `default` (docs/contracts/kubernetes.md#environment). What follows a second
 * slash does not count, as in the Go agent.
 */
export function parseSecretRef(text: string): { namespace: string; name: string } | undefined {
  const [first = '', second = ''] = text.split('/');
  const namespace = second === '' || first === '' ? 'default' : first;
  const name = second === '' ? first : second;
  if (!dnsLabel.test(namespace) || name.length > 253 || !dnsSubdomain.test(name)) return undefined;
  return { namespace, name };
}

/** An http or https URL without user name, query and fragment, as it was written. */
export function parseServiceUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || /\s/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || text.includes('?') || text.includes('#')) return undefined;
  return text;
}

export function withoutTrailingSlashes(text: string | undefined): string | undefined {
  let end = text?.length ?? 0;
  while (text?.[end - 1] === '/') end -= 1;
  return text?.slice(0, end);
}

export function parseIpAddress(text: string): string | undefined {
  return isIP(text) === 0 ? undefined : text;
}

/** Up to 20 names of hosts or domains, separated by commas, in lower case. */
export function parseHosts(text: string): string[] | undefined {
  const hosts = text.split(',').map((part) => part.trim().toLowerCase());
  const isAccepted = hosts.length <= 20 && hosts.every((host) => host.length <= 253 && dnsSubdomain.test(host));
  return isAccepted ? hosts : undefined;
}

/** A duration of at least `minimumMs` milliseconds. */
export const durationFrom = (minimumMs: number) => (text: string) => {
  const durationMs = parseDuration(text);
  return durationMs !== undefined && durationMs >= minimumMs ? durationMs : undefined;
};

/** One of these words. */
export const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (text: string): T | undefined =>
    values.find((value) => value === text);

/** Up to 20 durations, separated by commas. */
export function parseDelays(text: string): number[] | undefined {
  const delays = text.split(',').map((part) => durationFrom(1)(part.trim()));
  const accepted = delays.filter((delay) => delay !== undefined);
  return accepted.length === delays.length && accepted.length <= 20 ? accepted : undefined;
}

/**
 * A cron expression that both libraries can read: node-cron runs it, and croner tells the next time. One alone takes steps
 * beyond the hour, ranges that run backwards, and full names of days.
 */
export function parseCron(text: string): string | undefined {
  if (!validate(text)) return undefined;
  try {
    new Cron(text);
    return text;
  } catch {
    return undefined;
  }
}
