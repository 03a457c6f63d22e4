import { hash } from 'node:crypto';

/**
 * Names as the Go agent and Kyma's gateway compute them (docs/contracts/kubernetes.md#normalisation, with worked
 * examples). The gateway looks services up by these, so a deviation of one character makes a system unreachable.
 */

const gatewayNameLimit = 57;
const secretNamePrefixLimit = 26;
const labelValueLimit = 63;

/** A name as a segment of the gateway's URL: lower-case ASCII letters, digits and dashes, at most 57; may be empty. */
export function normalizeName(name: string): string {
  const dashed = name.replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
  return dashed.replace(/-$/, '').slice(0, gatewayNameLimit).replace(/^-/, '');
}

/** The `name` of a service: the bundle's normalised name and five hex digits of its id's sha1. */
export function normalizeServiceNameWithId(name: string, id: string): string {
  const digest = hash('sha1', id, 'hex').slice(0, 5);
  return `${normalizeName(name)}-${digest}`.replace(/^-/, '');
}

/** The name of an Application for a UCL name that Director did not normalise. Not truncated; different names may meet. */
export function normalizeApplicationName(name: string): string {
  return name.startsWith('mp-') && toMpName(name) === name ? name : toMpName(`mp-${name}`);
}

function toMpName(name: string): string {
  return toLowerCaseLikeGo(name)
    .replace(/[^-a-z0-9]/gu, '-')
    .replace(/-+/g, '-')
    .replace(/-$/, '');
}

/** Go lower-cases rune by rune; JavaScript makes two code points of U+0130. */
function toLowerCaseLikeGo(text: string): string {
  return Array.from(text, (rune) => (rune === '\u0130' ? 'i' : rune.toLowerCase())).join('');
}

/** Name of the Secret with a bundle's credentials. */
export function credentialsSecretName(applicationName: string, bundleId: string): string {
  return `${cutBytes(applicationName)}-${bundleId}`;
}

/** Name of the Secret with a bundle's additional headers and query parameters. */
export function parametersSecretName(applicationName: string, bundleId: string): string {
  return `${cutBytes(`params-${applicationName}`)}-${bundleId}`;
}

function cutBytes(text: string): string {
  return Buffer.from(text).subarray(0, secretNamePrefixLimit).toString();
}

/**
 * A label value for a name. One over 63 characters, which the API server would refuse together with its Secret, is
 * shortened, with a hash that keeps it unique.
 */
export function toLabelValue(name: string): string {
  if (name.length <= labelValueLimit) return name;
  const digest = hash('sha256', name, 'hex').slice(0, 8);
  return `${name.slice(0, labelValueLimit - 9).replace(/[^A-Za-z0-9]{1,63}$/, '')}-${digest}`;
}

const dns1123Subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Why the API server would refuse `name` as the name of an Application, or undefined when it would not (RFC 1123). */
export function explainInvalidName(name: string): string | undefined {
  if (name.length > 253) return `it has ${name.length} characters, more than the 253 that Kubernetes allows`;
  if (dns1123Subdomain.test(name)) return undefined;
  return "it must consist of lower-case letters, digits, '-' and '.', and begin and end with a letter or digit";
}
