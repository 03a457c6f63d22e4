import { isTokenUnspent } from '../credentials/pairing-decision.ts';
import type { PairingConfiguration, PairingRecord } from '../credentials/ports.ts';
import type { CertificateFacts } from '../credentials/verify-certificate.ts';
import type { ConnectionSpec } from '../domain/connection.ts';
import { AgentError } from '../errors/agent-error.ts';
import type { PairingConfigurationRead } from './ports.ts';

export type Paired = NonNullable<PairingRecord['paired']>;

/** Everything the decision looks at, gathered beforehand. */
export interface ConnectionInput {
  readonly configuration: PairingConfigurationRead;
  /** `spec.managementInfo` of the CompassConnection; undefined when there is no CR. */
  readonly managementInfo: ConnectionSpec['managementInfo'] | undefined;
  /** The stored client certificate; undefined when there is none that can be read. */
  readonly certificate: CertificateFacts | undefined;
  readonly record: PairingRecord;
  /** The Director refused the certificate at the last try: revoked, deregistered, or an outage. */
  readonly isRefused: boolean;
  readonly now: Date;
}

export type ConnectionDecision =
  /** The stored pair serves, for this identity. `isNew`: write the identity down (a takeover). */
  | { do: 'use'; paired: Paired; isNew: boolean }
  /** The configuration names another identity and its token is spent: see whether the pair serves it all the same. */
  | { do: 'prove'; paired: Paired }
  /** The CR is lost; the stored pair, proven by a call, rebuilds it. */
  | { do: 'rebuild'; paired: Paired }
  /** Spend the token. `otherwise`: what serves when that fails. `keepPresent`: prove before the stored pair goes. */
  | { do: 'pair'; configuration: PairingConfiguration; keepPresent: boolean; otherwise?: ConnectionDecision }
  | { do: 'fail'; error: AgentError };

/** How the agent is to be connected (design: pairing). Pure. */
export function decideConnection(input: ConnectionInput): ConnectionDecision {
  const { certificate, now } = input;
  const isUsable = certificate?.keyMatches === true && certificate.notAfter > now;
  if (!isUsable) return decideWithoutPair(input);
  const { directorUrl = '', connectorUrl = '' } = input.managementInfo ?? {};
  return directorUrl === '' || connectorUrl === ''
    ? decideWithoutUrls(input)
    : decideConnected(input, { directorUrl, securedConnectorUrl: connectorUrl });
}

function decideWithoutPair({ configuration }: ConnectionInput): ConnectionDecision {
  if (configuration.kind !== 'present') return failForConfiguration(configuration);
  return { do: 'pair', configuration: configuration.configuration, keepPresent: false };
}

function decideWithoutUrls({ configuration, record }: ConnectionInput): ConnectionDecision {
  const rebuild: ConnectionDecision | undefined = record.paired && { do: 'rebuild', paired: record.paired };
  if (configuration.kind === 'present' && isTokenUnspent(configuration.configuration.token, record)) {
    return {
      do: 'pair',
      configuration: configuration.configuration,
      keepPresent: true,
      ...(rebuild && { otherwise: rebuild }),
    };
  }
  if (rebuild) return rebuild;
  if (configuration.kind !== 'present') return failForConfiguration(configuration);
  // Nothing knows the URLs any more; pairing says what is wrong with the token.
  return { do: 'pair', configuration: configuration.configuration, keepPresent: true };
}

function decideConnected(
  { configuration, record, isRefused }: ConnectionInput,
  urls: Pick<Paired, 'directorUrl' | 'securedConnectorUrl'>,
): ConnectionDecision {
  const wanted = configuration.kind === 'present' ? configuration.configuration : undefined;
  if (record.paired === undefined) {
    if (configuration.kind !== 'present') return failForConfiguration(configuration);
    return { do: 'use', paired: { ...toIdentity(configuration.configuration), ...urls }, isNew: true };
  }
  const use: ConnectionDecision = { do: 'use', paired: { ...record.paired, ...urls }, isNew: false };
  if (wanted === undefined) return use;
  const isUnspent = isTokenUnspent(wanted.token, record);
  if (!isSameIdentity(record.paired, wanted)) {
    if (isUnspent) return { do: 'pair', configuration: wanted, keepPresent: true };
    return { do: 'prove', paired: { ...toIdentity(wanted), ...urls } };
  }
  if (isRefused && isUnspent) return { do: 'pair', configuration: wanted, keepPresent: true, otherwise: use };
  return use;
}

function toIdentity({ runtimeId, tenant, connectorUrl }: PairingConfiguration) {
  return { runtimeId, tenant, connectorUrl };
}

function isSameIdentity(paired: Paired, wanted: PairingConfiguration): boolean {
  return (
    paired.runtimeId === wanted.runtimeId &&
    paired.tenant === wanted.tenant &&
    paired.connectorUrl === wanted.connectorUrl
  );
}

function failForConfiguration(read: UnusableConfiguration): ConnectionDecision {
  return { do: 'fail', error: explainConfiguration(read) };
}

type UnusableConfiguration = Exclude<PairingConfigurationRead, { kind: 'present' }>;

/** What is wrong with the configuration Secret, as the error that a person reads. */
export function explainConfiguration(read: UnusableConfiguration): AgentError {
  return new AgentError(read.kind === 'missing' ? 'ConfigurationMissing' : 'ConfigurationInvalid', read.message, {
    next: 'stall',
    remedy: 'Create or correct the configuration Secret; the agent notices it at once.',
  });
}
