/** Readers of single values as they stand in environment variables. Each gives undefined for what it does not accept. */

const msPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const durationPart = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;

/** Longest delay that a Node timer takes, in milliseconds (24.8 days). */
const longestTimerMs = 2 ** 31 - 1;

/** A Go duration (`180s`, `1h30m`, `1.5h`, `300ms`, `0`) in whole milliseconds. A negative one is not accepted. */
export function parseDuration(text: string): number | undefined {
  const unsigned = text.startsWith('+') ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  let totalMs = 0;
  let end = 0;
  for (const part of unsigned.matchAll(durationPart)) {
    totalMs += Number(part[1]) * (msPerUnit[part[2] ?? ''] ?? Number.NaN);
    end = part.index + part[0].length;
  }
  if (end === 0 || end !== unsigned.length) return undefined;
  const rounded = Math.round(totalMs);
  return rounded <= longestTimerMs ? rounded : undefined;
}

/** Milliseconds as Go would print them, without the units that are zero: `3m`, `1h30m`, `1.5s`, `300ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 1000) return `${durationMs}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = (durationMs % 60_000) / 1000;
  return [hours > 0 ? `${hours}h` : '', minutes > 0 ? `${minutes}m` : '', seconds > 0 ? `${seconds}s` : ''].join('');
}

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

/** A share between 0 and 1, both excluded. */
export function parseShare(text: string): number | undefined {
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 && value < 1 ? value : undefined;
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function parseNamespace(text: string): string | undefined {
  return dnsLabel.test(text) ? text : undefined;
}

/** `namespace/name`; without a slash the namespace is `default` (Kubernetes contract 8). */
export function parseSecretRef(text: string): { namespace: string; name: string } | undefined {
  const slash = text.indexOf('/');
  const namespace = slash === -1 ? 'default' : text.slice(0, slash);
  const name = text.slice(slash + 1);
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
