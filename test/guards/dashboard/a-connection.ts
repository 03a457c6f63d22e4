/** A CompassConnection with a failure and a held removal, as it stands in a cluster. */
export const aConnection = {
  apiVersion: 'compass.kyma-project.io/v1alpha1',
  kind: 'CompassConnection',
  metadata: {
    name: 'compass-connection',
    annotations: { 'compass.kyma-project.io/suspend': 'false' },
  },
  spec: {
    managementInfo: {
      connectorUrl: 'https://connector.example.test/graphql',
      directorUrl: 'https://director.example.test/graphql',
    },
    suspend: false,
  },
  status: {
    connectionState: 'Synchronized',
    connectionStatus: {
      established: '2026-11-26T03:00:00Z',
      renewed: '2026-11-26T04:00:00Z',
      lastSync: '2026-11-26T05:00:00Z',
      lastSuccess: '2026-11-26T05:00:00Z',
      certificateStatus: {
        acquired: '2026-11-26T04:00:00Z',
        notBefore: '2026-11-26T04:00:00Z',
        notAfter: '2027-02-24T04:00:00Z',
      },
      error: 'The agent may not watch Secrets in istio-system.',
    },
    synchronizationStatus: {
      lastAttempt: '2026-11-26T05:00:00Z',
      lastSuccessfulFetch: '2026-11-26T05:00:01Z',
      lastSuccessfulApplication: '2026-11-26T05:00:02Z',
      error: '1 of 9 systems failed.',
    },
    observedGeneration: 3,
    runtimeId: '0f5b1a0e-6f1c-4c39-9f3e-3c1d0a5e7b11',
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'PruneHeld',
        message: '12 Applications are held until 05:10:00.',
        lastTransitionTime: '2026-11-26T03:00:00Z',
        observedGeneration: 3,
      },
    ],
    applications: { desired: 9, ready: 8, failed: 1, summary: '8/9' },
    failures: [
      {
        applicationId: 'b2a8ae1d-9d3f-4f6b-8a0f-2a5d1a8b7c33',
        name: 'mp-point-of-sale',
        reason: 'CredentialsUnsupported',
        message: 'Its credentials are of a kind that the gateway cannot use.',
      },
    ],
    failuresTotal: 1,
    certificate: {
      notBefore: '2026-11-26T04:00:00Z',
      notAfter: '2027-02-24T04:00:00Z',
      renewAt: '2027-01-28T04:00:00Z',
    },
    lastSync: '2026-11-26T05:00:00Z',
    nextSync: '2026-11-26T05:03:00Z',
    staleAfter: '2026-11-26T05:13:00Z',
    lastSyncTrigger: 'schedule',
    prune: {
      heldHash: '5f2c9b0d1e3a',
      heldCount: 12,
      heldSince: '2026-11-26T05:00:00Z',
      heldUntil: '2026-11-26T05:10:00Z',
    },
  },
};
