import { expect } from 'vitest';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import {
  type ApplicationResource,
  applicationApiVersion,
  type SecretResource,
} from '../../../agent/domain/resources.ts';
import { toPlanned } from '../../data/builders/to-planned.ts';
import type { OpenedCluster } from './open-cluster.ts';

/** The configuration Secret that `doEverything` expects in kyma-system. */
export const configurationSecret = {
  metadata: { name: 'compass-agent-configuration' },
  stringData: {
    CONNECTOR_URL: 'https://connector.example.com/connector/graphql',
    TOKEN: 'a-token',
    RUNTIME_ID: '0f5b1a0e-6f1c-4c39-9f3e-3c1d0a5e7b11',
    TENANT: '3f2a7f3c-51b8-4c8a-8f0e-5d1a2b3c4d5e',
  },
};
export const connectionSpec = { managementInfo: { connectorUrl: '', directorUrl: '' } };
export const connectionStatus: ConnectionStatus = {
  connectionState: 'Connected',
  connectionStatus: { certificateStatus: {} },
};

/** An Application as the agent writes it, without services. */
export function toApplication(name: string): ApplicationResource {
  return {
    apiVersion: applicationApiVersion,
    kind: 'Application',
    metadata: { name },
    spec: { description: 'one', compassMetadata: { authentication: { clientIds: [] } }, services: [] },
  };
}

function toSecret(name: string): SecretResource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: { bundleId: 'b' } }, data: {} };
}

/** Everything that the agent ever asks of the API server, once. */
export async function doEverything({ cluster: agent, signal }: OpenedCluster): Promise<void> {
  await agent.reader.snapshot(signal);
  expect(await agent.configuration.read(signal)).toMatchObject({ kind: 'present' });
  expect(await agent.connection.read(signal)).toBeUndefined();
  await agent.connection.create(connectionSpec, signal);
  await agent.connection.update({ spec: { resyncNow: false }, annotations: { 'example.com/a': 'b' } }, signal);
  await agent.connection.writeStatus(connectionStatus, signal);
  agent.events.record({ type: 'Normal', reason: 'Paired', message: 'one' });
  agent.events.record({ type: 'Normal', reason: 'Paired', message: 'one' });
  const pair = { certificatePem: 'c', privateKeyPem: 'k', chainPem: 'c' };
  await agent.credentials.storeClientPair(pair, signal);
  const pairing = await agent.credentials.readPairing(signal);
  const version = await agent.credentials.writePairing(pairing.state, pairing.version, signal);
  const refused = { at: 'refused', present: undefined, refusedTokenHash: 'a', refusal: undefined } as const;
  const refusedVersion = await agent.credentials.writePairing(refused, version, signal);
  await agent.credentials.writeRenewals([new Date()], refusedVersion, signal);
  await agent.credentials.storeCaCertificate('one', signal);
  await agent.credentials.storeCaCertificate('two', signal);
  const created = await agent.applications.createApplication(toApplication('mp-a'), signal);
  const changed = { ...created, spec: { ...created.spec, description: 'two' } };
  const updated = await agent.applications.updateApplication(changed, signal);
  const owned = await agent.applications.createSecret(toSecret('mp-a-b'), signal);
  const rotated = await agent.applications.updateSecret({ ...owned, data: { username: 'YQ==' } }, signal);
  await agent.applications.deleteSecret('mp-a-b', toPlanned(rotated), signal);
  await agent.applications.deleteApplication('mp-a', toPlanned(updated), signal);
}
