import type { ConnectionSpec } from '../domain/connection.ts';
import type { LinkEvent, UclLink } from './connection-facts.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import { hashToken, isTokenUnspent } from './decide-pairing-step.ts';
import { type CertificateFacts, hasExpired } from './inspect-credential.ts';
import type { PairingState } from './pairing-state.ts';
import type { PairingConfigurationRead } from './ports.ts';
import { findKnownAddresses, findUntrusted, type KnownAddresses } from './trusted-addresses.ts';
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
  /** What served until somebody stored another pair that can be used. */
  readonly former: UclLink | undefined;
  readonly pairing: PairingState;
  /** The Director turned the certificate away at the last try: revoked, deregistered, another's, or an outage. */
  readonly isTurnedAway: boolean;
  /** The token that was there when addresses were first found not to be trusted (sha256); undefined: they were not. */
  readonly distrustedTokenHash: string | undefined;
  readonly trustedHosts: readonly string[];
  readonly now: Date;
}

export type ConnectionDecision =
  | ServingDecision
  /** Spend the token. `otherwise`: what serves when that fails. */
  | {
      readonly do: 'pair';
      readonly configuration: PairingConfiguration;
      readonly otherwise: ServingDecision | undefined;
    }
  | { readonly do: 'fail'; readonly failure: ConnectionFailure };

export type ServingDecision =
  /** The credential serves. `isToBind`: its fingerprint is to be written down. `remark`: what is wrong all the same. */
  | {
      readonly do: 'use';
      readonly link: UclLink;
      readonly isToBind: boolean;
      readonly remark: ConnectionFailure | undefined;
    }
  /** See whether the stored credential serves, and write that down. `otherwise`: what serves when it does not. */
  | {
      readonly do: 'prove';
      readonly link: UclLink;
      readonly as: LinkEvent;
      readonly otherwise: UclLink | undefined;
    };

/** How the agent is to be connected (design: pairing). Pure. */
export function decideConnection(situation: ConnectionSituation): ConnectionDecision {
  const { stored, configuration, pairing, now } = situation;
  if (stored === undefined || !stored.certificate.keyMatches) return pairOrFail(configuration);
  if (hasExpired(stored.certificate, now)) {
    const isUnspent = configuration.kind === 'present' && isTokenUnspent(configuration.configuration.token, pairing);
    // The clock of the cluster may be wrong: as long as there is no other way, UCL decides whether the certificate is over.
    if (situation.isTurnedAway || isUnspent) return pairOrFail(configuration);
  }
  const known = findKnownAddresses(pairing, stored.credential, stored.certificate.fingerprint);
  const { directorUrl = '', connectorUrl = '' } = situation.managementInfo ?? {};
  if (directorUrl === '' || connectorUrl === '') return decideUnshown(situation, stored, known?.addresses);
  if (known !== undefined) return decideKnown(situation, stored, known);
  return decideUnknown(situation, stored, { directorUrl, securedConnectorUrl: connectorUrl });
}

/** The CompassConnection, or what it shows, is lost. */
function decideUnshown(
  { configuration, pairing, former }: ConnectionSituation,
  stored: StoredCredential,
  known: UclAddresses | undefined,
): ConnectionDecision {
  const { present } = pairing;
  const rebuild: ServingDecision | undefined = present && {
    do: 'prove',
    link: { ...stored, identity: present.identity, addresses: known ?? present.addresses },
    as: 'rebuilt',
    otherwise: former,
  };
  if (configuration.kind === 'present' && isTokenUnspent(configuration.configuration.token, pairing)) {
    return pairAnew(configuration.configuration, rebuild);
  }
  if (rebuild !== undefined) return rebuild;
  // Nothing knows the addresses any more; pairing says what is wrong with the token.
  return pairOrFail(configuration);
}

/** The agent's own Secret holds addresses for the stored certificate: whatever is shown, they count. */
function decideKnown(
  { configuration, pairing, isTurnedAway, former }: ConnectionSituation,
  stored: StoredCredential,
  { addresses, isBound }: KnownAddresses,
): ConnectionDecision {
  const wanted = configuration.kind === 'present' ? configuration.configuration : undefined;
  const isUnspent = wanted !== undefined && isTokenUnspent(wanted.token, pairing);
  if (isSigned(pairing, stored)) return decideSigned(pairing, configuration, stored, addresses);
  const identity = pairing.present?.identity;
  if (identity === undefined) return pairOrFail(configuration);
  if (wanted !== undefined && !isSameIdentity(identity, wanted)) {
    if (isUnspent) return pairAnew(wanted);
    const link = { ...stored, identity: toIdentity(wanted), addresses };
    return { do: 'prove', link, as: 'identity-changed', otherwise: undefined };
  }
  const link = { ...stored, identity, addresses };
  const serve: ServingDecision =
    former === undefined ? useOf(link, !isBound) : { do: 'prove', link, as: 'replaced', otherwise: former };
  return isTurnedAway && isUnspent ? pairAnew(wanted, serve) : serve;
}

/** The agent died between storing the new certificate and writing that down. */
function decideSigned(
  pairing: Extract<PairingState, { at: 'signed' }>,
  configuration: PairingConfigurationRead,
  stored: StoredCredential,
  addresses: UclAddresses,
): ConnectionDecision {
  const wanted = configuration.kind === 'present' ? configuration.configuration : undefined;
  const identity = wanted === undefined ? pairing.present?.identity : toIdentity(wanted);
  if (identity === undefined) return pairOrFail(configuration);
  const link = { ...stored, identity, addresses };
  const finish: ServingDecision = { do: 'prove', link, as: 'paired', otherwise: undefined };
  return wanted !== undefined && pairing.tokenHash === hashToken(wanted.token) ? pairAnew(wanted, finish) : finish;
}

/**
 * A takeover, a return after a hand-back, or a pair that somebody stored: what is shown is taken once, where it leads to
 * the landscape that the configuration Secret names.
 */
function decideUnknown(
  situation: ConnectionSituation,
  stored: StoredCredential,
  shown: UclAddresses,
): ConnectionDecision {
  const { configuration, pairing, former, isTurnedAway, trustedHosts, distrustedTokenHash } = situation;
  const wanted = configuration.kind === 'present' ? configuration.configuration : undefined;
  const identity = wanted === undefined ? pairing.present?.identity : toIdentity(wanted);
  if (identity === undefined) return former === undefined ? pairOrFail(configuration) : useOf(former);
  const isUnspent = wanted !== undefined && isTokenUnspent(wanted.token, pairing);
  const { connectorUrl } = identity;
  const host = findUntrusted(shown, { connectorUrl, recorded: pairing.present?.addresses, trustedHosts });
  if (host === undefined) {
    const link = { ...stored, identity, addresses: shown };
    const adopt = {
      do: 'prove',
      link,
      as: former === undefined ? 'taken-over' : 'replaced',
      otherwise: former,
    } as const;
    return isTurnedAway && isUnspent ? pairAnew(wanted, adopt) : adopt;
  }
  const tokenHash = wanted === undefined ? '' : hashToken(wanted.token);
  const failure: ConnectionFailure = { kind: 'address-not-trusted', host, tokenHash };
  if (former !== undefined) return useOf(former, false, failure);
  // A token that was there already may be the one that the former agent has used.
  const isNew = distrustedTokenHash !== undefined && distrustedTokenHash !== tokenHash;
  return isNew && isUnspent ? pairAnew(wanted) : { do: 'fail', failure };
}

function isSigned(
  pairing: PairingState,
  { credential }: StoredCredential,
): pairing is Extract<PairingState, { at: 'signed' }> {
  return pairing.at === 'signed' && pairing.signed.certificatePem === credential.certificatePem;
}

function useOf(link: UclLink, isToBind = false, remark?: ConnectionFailure): ServingDecision {
  return { do: 'use', link, isToBind, remark };
}

function pairAnew(configuration: PairingConfiguration, otherwise?: ServingDecision): ConnectionDecision {
  return { do: 'pair', configuration, otherwise };
}

function pairOrFail(read: PairingConfigurationRead): ConnectionDecision {
  if (read.kind === 'present') return pairAnew(read.configuration);
  return { do: 'fail', failure: { kind: 'configuration', read } };
}

/** Whom a certificate stands for that this configuration pairs. */
export function toIdentity({ runtimeId, tenant, connectorUrl }: PairingConfiguration): UclIdentity {
  return { runtimeId, tenant, connectorUrl };
}

function isSameIdentity(left: UclIdentity, right: UclIdentity): boolean {
  return left.runtimeId === right.runtimeId && left.tenant === right.tenant && left.connectorUrl === right.connectorUrl;
}
