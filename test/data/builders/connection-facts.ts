import type { ConnectionFacts, UclLink } from '../../../agent/connection/connection-facts.ts';
import type { CertificateFacts } from '../../../agent/connection/inspect-credential.ts';
import type { AgentError } from '../../../agent/errors/agent-error.ts';

export const aCertificate: CertificateFacts = {
  notBefore: new Date('2026-11-01T00:00:00Z'),
  notAfter: new Date('2027-01-30T00:00:00Z'),
  keyMatches: true,
  fingerprint: 'AA',
};

export function aLink(changes: Partial<UclLink> = {}): UclLink {
  return {
    identity: { runtimeId: 'runtime', tenant: 'tenant', connectorUrl: 'https://connector.example.test' },
    addresses: {
      directorUrl: 'https://director.example.test',
      securedConnectorUrl: 'https://connector-mtls.example.test',
    },
    credential: { certificatePem: 'certificate', privateKeyPem: 'key', chainPem: 'chain' },
    certificate: aCertificate,
    ...changes,
  };
}

const nothingDone = {
  certificate: aCertificate,
  maintenance: [],
  events: [],
  isFirstPairing: false,
  keepsFormerLink: true,
  pairing: undefined,
  pause: undefined,
  unwritten: undefined,
  failedRenewal: undefined,
  renewals: [],
  isRenewalTried: false,
  caSecret: { kind: 'settled', caCertificatePem: undefined, isRejected: false },
  putBack: undefined,
  distrustedTokenHash: undefined,
  addressesAskedAt: undefined,
  proof: undefined,
} as const;

/** A run in which the link was there already and nothing had to be done about it. */
export function linked(changes: Partial<Omit<ConnectionFacts, 'error'>> = {}): ConnectionFacts {
  return { ...nothingDone, ...changes, link: changes.link ?? aLink(), error: undefined };
}

/** A run that ended without a link. */
export function notLinked(
  error: AgentError,
  changes: Partial<Omit<ConnectionFacts, 'link' | 'error'>> = {},
): ConnectionFacts {
  return { ...nothingDone, certificate: undefined, ...changes, link: undefined, error };
}
