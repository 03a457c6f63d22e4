import { createCertificateSigningRequest, generatePrivateKey } from './csr.ts';
import type { PairedConnection, PairingContext } from './pair.ts';
import type { ClientPair, PairingRecord } from './ports.ts';
import { verifySignedCertificate } from './verify-certificate.ts';

/**
 * Renews over mTLS: sign, verify, prove by a real call, then store in one write. The present pair stays in use until
 * the new one has proven itself, and an answer lost half-way leaves it working (a renewed certificate does not revoke
 * the one before, Compass contract 1).
 * @throws AgentError from the ports, or `CertificateRejected`.
 */
export async function renew(
  present: ClientPair,
  paired: NonNullable<PairingRecord['paired']>,
  prove: (connection: PairedConnection) => Promise<void>,
  context: Omit<PairingContext, 'retryDelaysMs'>,
  signal: AbortSignal,
): Promise<PairedConnection> {
  const connector = context.connectors.withCertificate(paired.securedConnectorUrl, present);
  try {
    const configuration = await connector.fetchConfiguration(signal);
    context.registerSecret(configuration.token);
    const privateKeyPem = await generatePrivateKey(context.keySize);
    const csr = await createCertificateSigningRequest(configuration.subject, privateKeyPem);
    const signed = await connector.signCertificateSigningRequest(csr, signal);
    const connection: PairedConnection = {
      pair: verifySignedCertificate(signed, privateKeyPem, configuration.subject, context.clock()),
      caCertificatePem: signed.caCertificatePem,
      paired: {
        ...paired,
        directorUrl: configuration.directorUrl,
        securedConnectorUrl: configuration.securedConnectorUrl,
      },
    };
    await prove(connection);
    await context.store.storeClientPair(connection.pair, signal);
    const record = await context.store.readPairingRecord(signal);
    await context.store.writePairingRecord({ ...record, paired: connection.paired }, signal);
    context.log.info('The client certificate is renewed');
    return connection;
  } finally {
    connector.close();
  }
}
