import type { ConnectionSpec } from '../domain/connection.ts';
import type { UclLink } from './connection-facts.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import { hashToken, isTokenUnspent } from './decide-pairing-step.ts';
import type { CertificateFacts } from './inspect-credential.ts';
import type { PairingState } from './pairing-state.ts';
import type { PairingConfigurationRead } from './ports.ts';
import type { ClientCredential, PairingConfiguration, UclAddresses, UclIdentity } from './ucl-access.ts';

/** The stored credential, as far as it can be read. */
export interface StoredCredential {
  readonly credential: ClientCredential;
  readonly certificate: CertificateFacts;
}

/** Everything the decision looks at, gathered beforehand. */
export interface ConnectionSituation {
  readonly configuration: PairingConfigurationRead;
  /** `spec.managementInfo` of the CompassConnection; undefined when there is no CR. */
  readonly managementInfo: ConnectionSpec['managementInfo'] | undefined;
  /** undefined when there is none that can be read. */
  readonly stored: StoredCredential | undefined;
  readonly pairing: PairingState;
  /** The Director turned the certificate away at the last try: revoked, deregistered, another's, or an outage. */
  readonly isTurnedAway: boolean;
  readonly now: Date;
}

export type ConnectionDecision =
  | ServingDecision
  /** The configuration names another identity and its token is spent: see whether the credential serves it all the same. */
  | { readonly do: 'prove'; readonly link: UclLink }
  /** Spend the token. `otherwise`: what serves when that fails. `keepsPresent`: prove before the stored credential goes. */
  | {
      readonly do: 'pair';
      readonly configuration: PairingConfiguration;
      readonly keepsPresent: boolean;
      readonly otherwise: ServingDecision | undefined;
    }
  | { readonly do: 'fail'; readonly failure: ConnectionFailure };

export type ServingDecision =
  /** The stored credential serves. `isNew`: write down what it serves (a takeover). */
  | { readonly do: 'use'; readonly link: UclLink; readonly isNew: boolean }
  /** The CR is lost; the stored credential, proven by a call, rebuilds it. */
  | { readonly do: 'rebuild'; readonly link: UclLink };

/** How the agent is to be connected (design: pairing). Pure. */
export function decideConnection(situation: ConnectionSituation): ConnectionDecision {
  const { stored, configuration, now } = situation;
  if (stored === undefined || !stored.certificate.keyMatches || stored.certificate.notAfter <= now) {
    return configuration.kind === 'present' ? pairAnew(configuration.configuration, false) : fail(configuration);
  }
  const { directorUrl = '', connectorUrl = '' } = situation.managementInfo ?? {};
  return directorUrl === '' || connectorUrl === ''
    ? decideWithoutAddresses(situation, stored)
    : decideConnected(situation, stored, { directorUrl, securedConnectorUrl: connectorUrl });
}

function decideWithoutAddresses(
  { configuration, pairing }: ConnectionSituation,
  stored: StoredCredential,
): ConnectionDecision {
  const { present } = pairing;
  const rebuild: ServingDecision | undefined = present && { do: 'rebuild', link: { ...stored, ...pick(present) } };
  if (configuration.kind === 'present' && isTokenUnspent(configuration.configuration.token, pairing)) {
    return pairAnew(configuration.configuration, true, rebuild);
  }
  if (rebuild !== undefined) return rebuild;
  // Nothing knows the addresses any more; pairing says what is wrong with the token.
  return configuration.kind === 'present' ? pairAnew(configuration.configuration, true) : fail(configuration);
}

function decideConnected(
  { configuration, pairing, isTurnedAway }: ConnectionSituation,
  stored: StoredCredential,
  addresses: UclAddresses,
): ConnectionDecision {
  const wanted = configuration.kind === 'present' ? configuration.configuration : undefined;
  if (pairing.present === undefined) {
    if (configuration.kind !== 'present') return fail(configuration);
    const link = { ...stored, identity: toIdentity(configuration.configuration), addresses };
    return { do: 'use', link, isNew: true };
  }
  const { identity } = pairing.present;
  const use: ServingDecision = { do: 'use', link: { ...stored, identity, addresses }, isNew: false };
  if (wanted === undefined) return use;
  const isUnspent = isTokenUnspent(wanted.token, pairing);
  if (!isSameIdentity(identity, wanted)) {
    if (isUnspent) return pairAnew(wanted, true);
    return { do: 'prove', link: { ...stored, identity: toIdentity(wanted), addresses } };
  }
  const isToPair = isTurnedAway || isUnfinished(pairing, wanted.token, stored);
  return isToPair && isUnspent ? pairAnew(wanted, true, use) : use;
}

/** The agent died between storing the new certificate and writing that down. */
function isUnfinished(pairing: PairingState, token: string, { credential }: StoredCredential): boolean {
  return (
    pairing.at === 'signed' &&
    pairing.tokenHash === hashToken(token) &&
    pairing.signed.certificatePem === credential.certificatePem
  );
}

function pairAnew(
  configuration: PairingConfiguration,
  keepsPresent: boolean,
  otherwise?: ServingDecision,
): ConnectionDecision {
  return { do: 'pair', configuration, keepsPresent, otherwise };
}

function fail(read: Exclude<PairingConfigurationRead, { kind: 'present' }>): ConnectionDecision {
  return { do: 'fail', failure: { kind: 'configuration', read } };
}

function pick({ identity, addresses }: Pick<UclLink, 'identity' | 'addresses'>) {
  return { identity, addresses };
}

/** Whom a certificate stands for that this configuration pairs. */
export function toIdentity({ runtimeId, tenant, connectorUrl }: PairingConfiguration): UclIdentity {
  return { runtimeId, tenant, connectorUrl };
}

function isSameIdentity(left: UclIdentity, right: UclIdentity): boolean {
  return left.runtimeId === right.runtimeId && left.tenant === right.tenant && left.connectorUrl === right.connectorUrl;
}
