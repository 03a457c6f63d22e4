import type { Config } from '../../config/config.ts';
import type { CredentialStore } from '../../credentials/ports.ts';
import type { Logger } from '../../log/logger.ts';
import type { KubeClient } from '../api/kube-client.ts';
import { parsePairingKeys, toPairingKeys } from './pairing-record.ts';
import { decodeSecret, readSecret, upsertSecret } from './secret-store.ts';

/** The named Secrets, read live each time: a stale copy must never decide about a key. */
export function createCredentialStore(client: KubeClient, config: Config, log: Logger): CredentialStore {
  return {
    async readClientPair(signal) {
      const secret = await readSecret(client, config.clusterCertificatesSecret, signal);
      if (secret === undefined) return undefined;
      const { crt = '', key = '', crtChain = '' } = decodeSecret(secret);
      if (crt === '' || key === '') return undefined;
      return { certificatePem: crt, privateKeyPem: key, chainPem: crtChain };
    },
    storeClientPair: (pair, signal) =>
      upsertSecret(
        client,
        config.clusterCertificatesSecret,
        { crt: pair.certificatePem, key: pair.privateKeyPem, crtChain: pair.chainPem },
        signal,
      ),
    async hasCaCertificate(signal) {
      const secret = await readSecret(client, config.caCertificatesSecret, signal);
      return secret?.data?.cacert !== undefined && secret.data.cacert !== '';
    },
    storeCaCertificate: (caCertificatePem, signal) =>
      upsertSecret(client, config.caCertificatesSecret, { cacert: caCertificatePem }, signal),
    async readPairingRecord(signal) {
      const { namespace, name } = config.pairingSecret;
      const secret = await readSecret(client, config.pairingSecret, signal);
      if (secret === undefined) return {};
      const record = parsePairingKeys(decodeSecret(secret));
      if (record === undefined)
        log.warn('The record of pairing is unreadable and taken as empty.', { namespace, name });
      return record ?? {};
    },
    writePairingRecord: (record, signal) => upsertSecret(client, config.pairingSecret, toPairingKeys(record), signal),
  };
}
