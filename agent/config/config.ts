/** The agent's settings, parsed and checked. Durations are milliseconds. */
export interface Config {
  /** `namespace/name` of the Secret with CONNECTOR_URL, TOKEN, RUNTIME_ID, TENANT. */
  agentConfigurationSecret: SecretRef;
  clusterCertificatesSecret: SecretRef;
  caCertificatesSecret: SecretRef;
  /** The agent's own memory of pairing. */
  pairingSecret: SecretRef;
  /** Where the Secrets of Applications go. */
  integrationNamespace: string;
  /** Cron expression (seconds allowed), or a period when only APP_CONTROLLER_SYNC_PERIOD is set. */
  schedule: { kind: 'cron'; expression: string } | { kind: 'period'; periodMs: number };
  /** Floor between the starts of scheduled syncs and of retries. */
  minimalSyncTimeMs: number;
  /** Share of the certificate's lifetime that is left when it is renewed. */
  certValidityRenewalThreshold: number;
  certKeySize: number;
  /** Delays between tries with a token that was refused or met an outage. */
  pairingRetryDelaysMs: readonly number[];
  skipCompassTlsVerify: boolean;
  skipAppsTlsVerify: boolean;
  centralGatewayServiceUrl: string;
  /** undefined: the runtime's label is left alone. */
  runtimeEventsUrl: string | undefined;
  runtimeConsoleUrl: string | undefined;
  healthPort: number;
  queryLogging: boolean;
  applyConcurrency: number;
  prunePolicy: 'sync' | 'upsert-only';
  compass: {
    requestTimeoutMs: number;
    maxResponseBytes: number;
    pageSize: number;
    nestedPageSize: number;
  };
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  logFormat: 'json' | 'pretty';
  /** Limit of the heap; absent: chosen at start by the container's memory. The process edge alone acts on it. */
  maxHeapMib?: number | undefined;
}

export interface SecretRef {
  namespace: string;
  name: string;
}
