import fc from 'fast-check';
import type { PairingState, PresentCertificate, Tries } from '../../../agent/connection/pairing-state.ts';

export const unpaired: PairingState = { at: 'unpaired', present: undefined };

/** As objects from elsewhere are, with the usual prototype. */
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { noNullPrototype: true });

const text = fc.string({ minLength: 1, maxLength: 12 });
/** So few that different states often meet the same one. */
export const tokens = ['token-a', 'token-b', 'token-c'] as const;

/** Every shape that the memory of pairing can have. `hash` makes the hashes in it of {@link tokens}. */
export function pairingStates(hash: (token: string) => string): fc.Arbitrary<PairingState> {
  const tokenHash = fc.constantFrom(...tokens).map(hash);
  const addresses = record({ directorUrl: text, securedConnectorUrl: text });
  const madeFor = fc.option(record({ madeFor: record({ request: fc.string(), fingerprint: text }) }), { nil: {} });
  const known = record({
    identity: record({ runtimeId: text, tenant: text, connectorUrl: text }),
    addresses,
    usedTokenHash: fc.option(tokenHash, { nil: undefined }),
    fingerprints: fc.array(text, { maxLength: 2 }),
  });
  const present: fc.Arbitrary<PresentCertificate> = fc
    .tuple(known, madeFor)
    .map(([one, other]) => ({ ...one, ...other }));
  const tries: fc.Arbitrary<Tries | undefined> = fc.oneof(
    fc.constant(undefined),
    record({ count: fc.constant(0), notBefore: fc.constant(undefined), isAnswerLost: fc.boolean() }),
    record({
      count: fc.integer({ min: 1, max: 4 }),
      notBefore: fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
      isAnswerLost: fc.boolean(),
    }),
  );
  const maybePresent = fc.option(present, { nil: undefined });
  const attempt = { present: maybePresent, tokenHash, privateKeyPem: text, tries };
  const followUp = fc
    .tuple(addresses, record({ token: text, subject: text }))
    .map(([urls, answer]) => ({ ...answer, ...urls }));
  const signed = record({
    certificatePem: text,
    chainPem: text,
    caCertificatePem: fc.option(text, { nil: undefined }),
  });
  const refusal = fc.option(
    record({ reason: fc.constantFrom('TokenRefused', 'CertificateRejected', 'InvalidAnswer'), message: text }),
    { nil: undefined },
  );
  return fc.oneof(
    record({ at: fc.constant('unpaired' as const), present: fc.constant(undefined) }),
    record({ at: fc.constant('keyed' as const), ...attempt }),
    record({ at: fc.constant('configured' as const), ...attempt, followUp }),
    record({ at: fc.constant('signed' as const), ...attempt, followUp, signed }),
    record({ at: fc.constant('paired' as const), present }),
    record({ at: fc.constant('refused' as const), present: maybePresent, refusedTokenHash: tokenHash, refusal }),
  );
}
