import { isDeepStrictEqual } from 'node:util';
import type { Config, SecretRef } from '../../config/config.ts';
import type { PairingState } from '../../connection/pairing-state.ts';
import type { CredentialStore } from '../../connection/ports.ts';
import type { ClientCredential } from '../../connection/ucl-access.ts';
import type { SecretResource } from '../../domain/resources.ts';
import type { Logger } from '../../log/logger.ts';
import type { KubeClient } from '../api/kube-client.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import { parsePairingKeys, toPairingKeys } from './pairing-record.ts';
import { parseRenewals, toRenewalsKey } from './renewals-record.ts';
import { decodeSecret, readSecret, replaceSecretValues, upsertSecret } from './secret-store.ts';

const unpaired: PairingState = { at: 'unpaired', present: undefined };

/** Where the Secrets are looked at that every run asks about, and that hardly ever change. */
export interface NamedSources {
  readonly clientCertificate: ObjectSource<SecretResource>;
  readonly caCertificate: ObjectSource<SecretResource>;
}

/** The named Secrets, read live where that decides about a key: a stale copy must never do so. */
export function createCredentialStore(
  client: KubeClient,
  config: Config,
  sources: NamedSources,
  log: Logger,
): CredentialStore {
  const { clusterCertificatesSecret, caCertificatesSecret } = config;
  const set = async (
    source: ObjectSource<SecretResource>,
    ref: SecretRef,
    values: Record<string, string>,
    signal: AbortSignal,
  ) => {
    await source.write(ref.name, () => upsertSecret(client, ref, values, signal));
  };
  return {
    async readClientPair(signal, serving) {
      if (serving !== undefined) {
        const told = toClientPair(await sources.clientCertificate.get(clusterCertificatesSecret.name, signal));
        if (isDeepStrictEqual(told, serving)) return told;
      }
      return toClientPair(await readSecret(client, clusterCertificatesSecret, signal));
    },
    storeClientPair: ({ certificatePem, privateKeyPem, chainPem }, signal) =>
      set(
        sources.clientCertificate,
        clusterCertificatesSecret,
        { crt: certificatePem, key: privateKeyPem, crtChain: chainPem },
        signal,
      ),
    async hasCaCertificate(freshness, signal) {
      const secret =
        freshness === 'live'
          ? await readSecret(client, caCertificatesSecret, signal)
          : await sources.caCertificate.get(caCertificatesSecret.name, signal);
      return secret?.data?.cacert !== undefined && secret.data.cacert !== '';
    },
    storeCaCertificate: (cacert, signal) => set(sources.caCertificate, caCertificatesSecret, { cacert }, signal),
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

function toClientPair(secret: SecretResource | undefined): ClientCredential | undefined {
  if (secret === undefined) return undefined;
  const { crt = '', key = '', crtChain = '' } = decodeSecret(secret);
  if (crt === '' || key === '') return undefined;
  return { certificatePem: crt, privateKeyPem: key, chainPem: crtChain };
}
