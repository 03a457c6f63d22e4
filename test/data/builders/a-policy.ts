import type { SyncPolicy } from '../../../agent/sync/to-desired-system.ts';

export function aPolicy(changes: Partial<SyncPolicy> = {}): SyncPolicy {
  return {
    integrationNamespace: 'kyma-system',
    centralGatewayServiceUrl: 'http://gateway',
    skipAppsTlsVerify: false,
    ...changes,
  };
}
