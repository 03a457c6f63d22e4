import { validate as isCronExpression } from 'node-cron';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import type { Config } from './config.ts';
import {
  parseBoolean,
  parseNamespace,
  parseSecretRef,
  parseServiceUrl,
  parseShare,
  parseWholeNumber,
} from './parse-values.ts';

/** One environment variable: how it is read, printed and documented. */
export interface Setting<T> {
  name: `APP_${string}`;
  /** What counts when the variable is absent or empty, as text; undefined: nothing does. */
  default: string | undefined;
  fallback: T;
  /** What is accepted, for a person. */
  form: string;
  /** What it is for, for a person; full sentences. */
  meaning: string;
  parse(text: string): T | undefined;
  /** The value in force as `parse` takes it; undefined: none. */
  show(config: Config): string | undefined;
}

type Description<T> = Omit<Setting<T>, 'fallback' | 'default'>;

function required<T>(description: Description<T> & { default: string }): Setting<T> {
  const fallback = description.parse(description.default);
  if (fallback === undefined) throw new TypeError(`the default of ${description.name} is not acceptable to itself`);
  return { ...description, fallback };
}

function optional<T>(description: Description<T>): Setting<T | undefined> {
  return { ...description, default: undefined, fallback: undefined };
}

const forms = {
  secret: '`namespace/name` (without a slash the namespace is `default`)',
  boolean: '`true` or `false` (also `1`, `t`, `T`, `TRUE`, `True`, `0`, `f`, `F`, `FALSE`, `False`)',
  url: 'an http or https URL without user name, query and fragment',
} as const;

const showSecret = (ref: { namespace: string; name: string }) => `${ref.namespace}/${ref.name}`;

/** A duration of at least `minimumMs` milliseconds. */
const durationFrom = (minimumMs: number) => (text: string) => {
  const durationMs = parseDuration(text);
  return durationMs !== undefined && durationMs >= minimumMs ? durationMs : undefined;
};

const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (text: string): T | undefined =>
    values.find((value) => value === text);

function parseDelays(text: string): number[] | undefined {
  const delays = text.split(',').map((part) => durationFrom(1)(part.trim()));
  const accepted = delays.filter((delay) => delay !== undefined);
  return accepted.length === delays.length && accepted.length <= 20 ? accepted : undefined;
}

/**
 * Every variable that the agent reads (Kubernetes contract 8 and the agent's own), in the order of the documentation.
 * Parsing, the print at start, `docs/configuration.md` and `.env.example` all follow this table.
 */
export const settings = {
  agentConfigurationSecret: required({
    name: 'APP_AGENT_CONFIGURATION_SECRET',
    default: 'kyma-system/compass-agent-configuration',
    form: forms.secret,
    meaning:
      'Secret with what the agent needs for pairing: `CONNECTOR_URL`, `TOKEN`, `RUNTIME_ID` and `TENANT`. It is watched.',
    parse: parseSecretRef,
    show: (config) => showSecret(config.agentConfigurationSecret),
  }),
  clusterCertificatesSecret: required({
    name: 'APP_CLUSTER_CERTIFICATES_SECRET',
    default: 'kyma-system/cluster-client-certificates',
    form: forms.secret,
    meaning: 'Secret in which the agent keeps its client certificate: `crt`, `key` and `crtChain`.',
    parse: parseSecretRef,
    show: (config) => showSecret(config.clusterCertificatesSecret),
  }),
  caCertificatesSecret: required({
    name: 'APP_CA_CERTIFICATES_SECRET',
    default: 'istio-system/kyma-gateway-certs-cacert',
    form: forms.secret,
    meaning: "Secret whose key `cacert` the agent fills with UCL's CA certificates; other keys are kept.",
    parse: parseSecretRef,
    show: (config) => showSecret(config.caCertificatesSecret),
  }),
  pairingSecret: required({
    name: 'APP_PAIRING_SECRET',
    default: 'kyma-system/ucl-agent-pairing',
    form: forms.secret,
    meaning: "The agent's own memory of a pairing in progress, so that a crash costs no one-time token.",
    parse: parseSecretRef,
    show: (config) => showSecret(config.pairingSecret),
  }),
  integrationNamespace: required({
    name: 'APP_INTEGRATION_NAMESPACE',
    default: 'kyma-system',
    form: 'the name of a namespace',
    meaning: "Namespace of the Secrets with the systems' credentials, where Kyma's gateway reads them.",
    parse: parseNamespace,
    show: (config) => config.integrationNamespace,
  }),
  syncSchedule: required({
    name: 'APP_SYNC_SCHEDULE',
    default: '*/3 * * * *',
    form: 'a cron expression of five fields, or of six when the first one is seconds',
    meaning:
      'When to synchronise. Each runtime shifts it by a phase of its own, so that a fleet of agents never asks at once.',
    parse: (text) => (isCronExpression(text) ? text : undefined),
    show: (config) => (config.schedule.kind === 'cron' ? config.schedule.expression : undefined),
  }),
  controllerSyncPeriod: optional({
    name: 'APP_CONTROLLER_SYNC_PERIOD',
    form: 'a duration of at least `1s`, such as `180s`',
    meaning: 'Time between two scheduled syncs. Counts only while `APP_SYNC_SCHEDULE` is not set.',
    parse: durationFrom(1000),
    show: (config) => (config.schedule.kind === 'period' ? formatDuration(config.schedule.periodMs) : undefined),
  }),
  minimalSyncTime: required({
    name: 'APP_MINIMAL_COMPASS_SYNC_TIME',
    default: '15s',
    form: 'a duration such as `15s`',
    meaning: 'Least time between the starts of two scheduled syncs, and before a failed sync is tried again.',
    parse: durationFrom(0),
    show: (config) => formatDuration(config.minimalSyncTimeMs),
  }),
  prunePolicy: required({
    name: 'APP_PRUNE_POLICY',
    default: 'sync',
    form: '`sync` or `upsert-only`',
    meaning: 'Whether Applications of systems that left UCL are removed (`sync`) or kept (`upsert-only`).',
    parse: oneOf('sync', 'upsert-only'),
    show: (config) => config.prunePolicy,
  }),
  applyConcurrency: required({
    name: 'APP_APPLY_CONCURRENCY',
    default: '16',
    form: 'a whole number from 1 to 256',
    meaning: 'How many systems are written to the cluster at the same time.',
    parse: (text) => parseWholeNumber(text, 1, 256),
    show: (config) => String(config.applyConcurrency),
  }),
  certValidityRenewalThreshold: required({
    name: 'APP_CERT_VALIDITY_RENEWAL_THRESHOLD',
    default: '0.3',
    form: 'a number between 0 and 1, both excluded',
    meaning: "Share of the certificate's lifetime that is left when it is renewed.",
    parse: parseShare,
    show: (config) => String(config.certValidityRenewalThreshold),
  }),
  certKeySize: required({
    name: 'APP_CERT_KEY_SIZE',
    default: '4096',
    form: 'a whole number of bits from 2048 to 8192, a multiple of 256',
    meaning: 'Size of the RSA key of the client certificate.',
    parse: (text) => {
      const bits = parseWholeNumber(text, 2048, 8192);
      return bits !== undefined && bits % 256 === 0 ? bits : undefined;
    },
    show: (config) => String(config.certKeySize),
  }),
  pairingRetryDelays: required({
    name: 'APP_PAIRING_RETRY_DELAYS',
    default: '1m,3m,6m,10m',
    form: 'up to 20 durations, separated by commas',
    meaning:
      'Pauses before a one-time token is tried again when UCL does not say whether it is dead; after the last one a new token is needed.',
    parse: parseDelays,
    show: (config) => config.pairingRetryDelaysMs.map(formatDuration).join(','),
  }),
  skipCompassTlsVerify: required({
    name: 'APP_SKIP_COMPASS_TLS_VERIFY',
    default: 'false',
    form: forms.boolean,
    meaning:
      "Accept any TLS certificate from UCL. Whoever can answer in UCL's place can then read the one-time token and every credential; leave it off, and trust a private CA through `NODE_EXTRA_CA_CERTS` instead.",
    parse: parseBoolean,
    show: (config) => String(config.skipCompassTlsVerify),
  }),
  skipAppsTlsVerify: required({
    name: 'APP_SKIP_APPS_TLS_VERIFY',
    default: 'false',
    form: forms.boolean,
    meaning: 'Value of `skipVerify` in Applications that are created; existing ones keep theirs.',
    parse: parseBoolean,
    show: (config) => String(config.skipAppsTlsVerify),
  }),
  compassRequestTimeout: required({
    name: 'APP_COMPASS_REQUEST_TIMEOUT',
    default: '30s',
    form: 'a duration of at least `1ms`, such as `30s`',
    meaning: 'How long one request to UCL may take.',
    parse: durationFrom(1),
    show: (config) => formatDuration(config.compass.requestTimeoutMs),
  }),
  compassMaxResponseBytes: required({
    name: 'APP_COMPASS_MAX_RESPONSE_BYTES',
    default: '33554432',
    form: 'a whole number of bytes from 65536 to 1073741824',
    meaning: 'Largest answer of UCL that is read; a longer one is asked for again in smaller pages.',
    parse: (text) => parseWholeNumber(text, 65_536, 1_073_741_824),
    show: (config) => String(config.compass.maxResponseBytes),
  }),
  compassPageSize: required({
    name: 'APP_COMPASS_PAGE_SIZE',
    default: '200',
    form: 'a whole number from 1 to 1000',
    meaning: 'Systems a request asks for.',
    parse: (text) => parseWholeNumber(text, 1, 1000),
    show: (config) => String(config.compass.pageSize),
  }),
  compassNestedPageSize: required({
    name: 'APP_COMPASS_NESTED_PAGE_SIZE',
    default: '200',
    form: 'a whole number from 1 to 200',
    meaning: 'Bundles of a system, and APIs and events of a bundle, that a request asks for; UCL allows 200.',
    parse: (text) => parseWholeNumber(text, 1, 200),
    show: (config) => String(config.compass.nestedPageSize),
  }),
  centralGatewayServiceUrl: required({
    name: 'APP_CENTRAL_GATEWAY_SERVICE_URL',
    default: 'http://central-application-gateway.kyma-system.svc.cluster.local:8082',
    form: forms.url,
    meaning: "Address of Kyma's application gateway, under which Applications name their APIs.",
    parse: (text) => parseServiceUrl(text)?.replace(/\/+$/, ''),
    show: (config) => config.centralGatewayServiceUrl,
  }),
  runtimeEventsUrl: optional({
    name: 'APP_RUNTIME_EVENTS_URL',
    form: forms.url,
    meaning:
      "URL of the cluster's event gateway, written to the runtime's label `runtime_eventServiceUrl` in UCL. Absent, or a placeholder with `kyma.local`: the label is left alone.",
    parse: parseServiceUrl,
    show: (config) => config.runtimeEventsUrl,
  }),
  runtimeConsoleUrl: optional({
    name: 'APP_RUNTIME_CONSOLE_URL',
    form: forms.url,
    meaning: "URL of the cluster's console, written to the runtime's label `runtime_consoleUrl`; as above.",
    parse: parseServiceUrl,
    show: (config) => config.runtimeConsoleUrl,
  }),
  healthPort: required({
    name: 'APP_HEALTH_PORT',
    default: '8090',
    form: 'a port from 0 to 65535 (0: any free one)',
    meaning: 'Port of `/healthz` and `/readyz`.',
    parse: (text) => parseWholeNumber(text, 0, 65_535),
    show: (config) => String(config.healthPort),
  }),
  queryLogging: required({
    name: 'APP_QUERY_LOGGING',
    default: 'false',
    form: forms.boolean,
    meaning: 'Log the name, size and duration of every request to UCL. Bodies are never logged.',
    parse: parseBoolean,
    show: (config) => String(config.queryLogging),
  }),
  logLevel: required({
    name: 'APP_LOG_LEVEL',
    default: 'info',
    form: '`debug`, `info`, `warn` or `error`',
    meaning: 'The least important lines that are logged.',
    parse: oneOf('debug', 'info', 'warn', 'error'),
    show: (config) => config.logLevel,
  }),
  logFormat: required({
    name: 'APP_LOG_FORMAT',
    default: 'json',
    form: '`json` or `pretty`',
    meaning: 'One JSON object a line, or text for people. Where the variable is not set, a terminal gets `pretty`.',
    parse: oneOf('json', 'pretty'),
    show: (config) => config.logFormat,
  }),
  maxHeap: optional({
    name: 'APP_MAX_HEAP_MIB',
    form: 'a whole number of MiB from 32 to 65536',
    meaning:
      "Limit of the JavaScript heap. Not set: 384, or the container's memory limit less 64 where that is smaller, which suits some thousands of systems. A limit in `NODE_OPTIONS` counts more.",
    parse: (text) => parseWholeNumber(text, 32, 65_536),
    show: (config) => config.maxHeapMib?.toString(),
  }),
} as const;

/** Variables of the Go agent that have no meaning any more; setting them does no harm (Kubernetes contract 8). */
export const ignoredVariables = [
  'APP_GATEWAY_PORT',
  'APP_UPLOAD_SERVICE_URL',
  'APP_METRICS_LOGGING_TIME_INTERVAL',
] as const;
