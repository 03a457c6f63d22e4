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
