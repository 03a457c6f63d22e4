import type { PairingState } from './pairing-state.ts';
import type { ClientCredential, UclAddresses } from './ucl-access.ts';

/*
 * Where the client certificate may go. The addresses in the agent's own Secret are the truth; those that the
 * CompassConnection shows were written by whoever may ask for a sync, and count once at most.
 */

/** What the agent's own Secret says of where a certificate may go. */
export interface KnownAddresses {
  readonly addresses: UclAddresses;
  /** The certificate is named with them; false: version 0.1.0 wrote them, for whichever certificate was stored. */
  readonly isBound: boolean;
}

/** The addresses that the Secret holds for a certificate; undefined: none. */
export function findKnownAddresses(
  pairing: PairingState,
  { certificatePem }: Pick<ClientCredential, 'certificatePem'>,
  fingerprint: string,
): KnownAddresses | undefined {
  if (pairing.at === 'signed' && pairing.signed.certificatePem === certificatePem) {
    const { directorUrl, securedConnectorUrl } = pairing.followUp;
    return toKnown({ directorUrl, securedConnectorUrl }, true);
  }
  const { present } = pairing;
  if (present === undefined) return undefined;
  const isBound = present.fingerprints.includes(fingerprint);
  return isBound || present.fingerprints.length === 0 ? toKnown(present.addresses, isBound) : undefined;
}

function toKnown(addresses: UclAddresses, isBound: boolean): KnownAddresses | undefined {
  // Version 0.1.0 may have taken over what somebody wrote into the CompassConnection.
  const { directorUrl, securedConnectorUrl } = addresses;
  const isSafe = [directorUrl, securedConnectorUrl].every((url) => toHttpsHost(url) !== undefined);
  return isSafe ? { addresses, isBound } : undefined;
}

export interface TrustBasis {
  /** Of the configuration Secret. */
  readonly connectorUrl: string;
  /** What the agent's own Secret holds for another certificate. */
  readonly recorded: UclAddresses | undefined;
  /** Of the setting; lower case. */
  readonly trustedHosts: readonly string[];
}

/**
 * The first of the shown addresses that the certificate must not be sent to, as far as it may be repeated; undefined: all
 * are https, and their hosts are those of the landscape that the configuration Secret names, or trusted by a person.
 */
export function findUntrusted(
  { directorUrl, securedConnectorUrl }: UclAddresses,
  basis: TrustBasis,
): string | undefined {
  const { recorded } = basis;
  const isTrusted = (url: string, known: string | undefined) => {
    const host = toHttpsHost(url);
    return host !== undefined && (url === known || isTrustedHost(host, basis));
  };
  if (!isTrusted(directorUrl, recorded?.directorUrl)) return toShownHost(directorUrl);
  if (!isTrusted(securedConnectorUrl, recorded?.securedConnectorUrl)) return toShownHost(securedConnectorUrl);
  return undefined;
}

function isTrustedHost(host: string, { connectorUrl, trustedHosts }: TrustBasis): boolean {
  const connectorHost = toHttpsHost(connectorUrl);
  const domain = toDomain(host);
  if (host === connectorHost || trustedHosts.includes(host)) return true;
  if (domain === undefined) return false;
  return trustedHosts.includes(domain) || (connectorHost !== undefined && domain === toDomain(connectorHost));
}

/** A host without its first label; undefined for an IP address, and where next to nothing is left: `com` is nobody's. */
function toDomain(host: string): string | undefined {
  // As URLs have them: whoever has one address has not the next.
  if (/^[\d.]+$|^\[/.test(host)) return undefined;
  const domain = host.slice(host.indexOf('.') + 1);
  return host.includes('.') && /[^.]\.[^.]/.test(domain) ? domain : undefined;
}

function toHttpsHost(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed?.protocol === 'https:' && parsed.hostname !== '' ? parsed.hostname : undefined;
}

const maxShownLength = 100;

/** Whoever wrote it into the CompassConnection wrote what he liked: the host alone is shown, which is plain ASCII. */
function toShownHost(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '') return 'something that is no URL';
  const host = parsed.hostname.slice(0, maxShownLength);
  return parsed.protocol === 'https:' ? host : `${host} without https`;
}
