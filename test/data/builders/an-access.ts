import type { ClientCredential, UclAccess } from '../../../agent/connection/ucl-access.ts';

/** What a call to UCL needs, with what the test is about. */
export function anAccess(
  changes: { directorUrl?: string; credential?: ClientCredential; runtimeId?: string; tenant?: string } = {},
): UclAccess {
  const {
    directorUrl = 'https://director.example.test',
    credential = { certificatePem: 'certificate', privateKeyPem: 'key', chainPem: 'chain' },
    runtimeId = 'r',
    tenant = 't',
  } = changes;
  return {
    identity: { runtimeId, tenant, connectorUrl: 'https://connector.example.test' },
    addresses: { directorUrl, securedConnectorUrl: 'https://secured.example.test' },
    credential,
  };
}
