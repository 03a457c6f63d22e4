import type { Config } from '../../config/config.ts';
import type { PairingState } from '../../connection/pairing-state.ts';
import type { CredentialStore } from '../../connection/ports.ts';
import type { Logger } from '../../log/logger.ts';
import type { KubeClient } from '../api/kube-client.ts';
import { parsePairingKeys, toPairingKeys } from './pairing-record.ts';
import { parseRenewals, toRenewalsKey } from './renewals-record.ts';
import { decodeSecret, readSecret, replaceSecretValues, upsertSecret } from './secret-store.ts';

const unpaired: PairingState = { at: 'unpaired', present: undefined };

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
    storeClientPair: (credential, signal) =>
      upsertSecret(
        client,
        config.clusterCertificatesSecret,
        { crt: credential.certificatePem, key: credential.privateKeyPem, crtChain: credential.chainPem },
        signal,
      ),
    async hasCaCertificate(signal) {
      const secret = await readSecret(client, config.caCertificatesSecret, signal);
      return secret?.data?.cacert !== undefined && secret.data.cacert !== '';
    },
    storeCaCertificate: (caCertificatePem, signal) =>
      upsertSecret(client, config.caCertificatesSecret, { cacert: caCertificatePem }, signal),
    async readPairing(signal) {
      const secret = await readSecret(client, config.pairingSecret, signal);
      if (secret === undefined) return { state: unpaired, renewals: [], version: undefined };
      const keys = decodeSecret(secret);
      const state = parsePairingKeys(keys);
      if (state === undefined) {
        log.warn('The record of pairing is unreadable and taken as empty', { ...config.pairingSecret });
      }
      const version = secret.metadata.resourceVersion ?? '';
      return { state: state ?? unpaired, renewals: parseRenewals(keys), version };
    },
    writePairing: (state, version, signal) =>
      replaceSecretValues(client, config.pairingSecret, toPairingKeys(state), version, signal),
    writeRenewals: (renewals, version, signal) =>
      replaceSecretValues(client, config.pairingSecret, toRenewalsKey(renewals), version, signal),
  };
}
