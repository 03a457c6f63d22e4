import { expect, test } from 'vitest';
import { toTrialObjects } from '../../../agent/sync/to-trial-objects.ts';

const policy = {
  integrationNamespace: 'kyma-system',
  centralGatewayServiceUrl: 'http://gateway.kyma-system:8082',
  skipAppsTlsVerify: false,
};

test('What is tried is named by chance, and is what the agent writes for a system with a credential', () => {
  const { application, secrets } = toTrialObjects('0a1b2c3d-0000-4000-8000-000000000000', policy);
  expect(application).toMatchObject({
    metadata: { name: 'ucl-agent-trial-0a1b2c3d' },
    spec: { services: [{ entries: [{ credentials: { type: 'Basic', secretName: secrets[0]?.metadata.name } }] }] },
  });
  expect(secrets).toMatchObject([
    { type: 'Opaque', metadata: { namespace: 'kyma-system', labels: { app: 'ucl-agent-trial-0a1b2c3d' } } },
  ]);
});
