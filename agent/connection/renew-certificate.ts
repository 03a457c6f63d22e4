import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { inspectCredential } from './inspect-credential.ts';
import { obtainCertificate } from './obtain-certificate.ts';
import type { MadeLink } from './pair-with-token.ts';
import type { StoredPairing } from './ports.ts';
import { recordPairing } from './record-pairing.ts';

export type RenewalOutcome = { readonly stored: StoredPairing } & (
  | { readonly made: MadeLink; readonly failure: undefined }
  | { readonly made: undefined; readonly failure: ConnectionFailure }
);

/**
 * Renews over mTLS: sign, verify, prove by a real call, then store in one write. The present credential stays in use
 * until the new one has proven itself, and an answer lost half-way leaves it working (a renewed certificate does not
 * revoke the one before, docs/contracts/compass.md#tokens).
 * @param stored The memory of pairing, read in this run.
 * @param request The request that the certificate is made for.
 * @throws Nothing but the reason of an abort.
 */
export async function renewCertificate(
  present: UclLink,
  stored: StoredPairing,
  request: string | undefined,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<RenewalOutcome> {
  let latest = stored;
  const fail = (failure: ConnectionFailure) => ({ stored: latest, made: undefined, failure });
  try {
    const made = await make(present, parts, signal);
    if ('kind' in made) return fail(made);
    const { link } = made;
    const { directors, credentials } = parts.ports;
    await directors.prove(link, signal);
    // Before the certificate: the addresses serve the present one as well, and what is lost here is never made up for.
    const { identity, addresses, certificate, credential } = link;
    const event = {
      kind: 'serves',
      identity,
      addresses,
      fingerprints: [present.certificate.fingerprint, certificate.fingerprint],
      certificatePem: credential.certificatePem,
      request,
    } as const;
    const recorded = await recordPairing(stored, event, credentials, signal);
    latest = recorded.stored;
    if (!recorded.isOurs) return fail({ kind: 'contended' });
    await credentials.storeClientPair(link.credential, signal);
    parts.log.info('The client certificate is renewed');
    return { stored: latest, made, failure: undefined };
  } catch (error: unknown) {
    return fail(toTold(error, 'Renewing the client certificate', signal));
  }
}

async function make(
  { identity, addresses, credential }: UclLink,
  { ports, settings, time, keys, registerSecret }: ConnectionParts,
  signal: AbortSignal,
): Promise<MadeLink | ConnectionFailure> {
  const connector = ports.connectors.withCertificate(addresses.securedConnectorUrl, credential);
  try {
    const { token, subject, directorUrl, securedConnectorUrl } = await connector.fetchConfiguration(signal);
    registerSecret(token);
    const privateKeyPem = await keys.generatePrivateKey(settings.certKeySize);
    registerSecret(privateKeyPem);
    const obtained = await obtainCertificate(connector, { subject, privateKeyPem }, { keys, time }, signal);
    if (obtained.certificate === undefined) return obtained.failure;
    const { certificatePem, chainPem, caCertificatePem } = obtained.certificate;
    const renewed = { certificatePem, privateKeyPem, chainPem };
    const certificate = inspectCredential(renewed);
    if (certificate === undefined) return { kind: 'certificate-unusable', problems: [{ kind: 'unreadable' }] };
    const link = { identity, addresses: { directorUrl, securedConnectorUrl }, credential: renewed, certificate };
    return { link, caCertificatePem };
  } finally {
    connector.close();
  }
}
