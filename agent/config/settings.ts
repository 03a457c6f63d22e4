import { formatDuration, longestTimerMs, parseAnyDuration } from '../domain/duration.ts';
import { usualGatewayUrl } from '../domain/usual-gateway-url.ts';
import { extraReadSettings, showDelays } from './extra-read-settings.ts';
import {
  durationFrom,
  oneOf,
  parseBoolean,
  parseCron,
  parseDecimal,
  parseDelays,
  parseHosts,
  parseIpAddress,
  parseNamespace,
  parseSecretRef,
  parseServiceUrl,
  parseWholeNumber,
  withoutTrailingSlashes,
} from './parse-values.ts';
import { optional, required, type Setting } from './setting.ts';
import { nearest, settleLabel } from './settle-values.ts';

const forms = {
  secret: '`namespace/name` (without a slash the namespace is `default`)',
  boolean: '`true` or `false` (also `1`, `t`, `T`, `TRUE`, `True`, `0`, `f`, `F`, `FALSE`, `False`)',
  url: 'an http or https URL without user name, query and fragment',
} as const;

const showSecretRef = (ref: { namespace: string; name: string }) => `${ref.namespace}/${ref.name}`;

/**
 * Every variable that the agent reads (docs/contracts/kubernetes.md#environment and the agent's own), in the order of
 * the documentation. Parsing, the print at start, `docs/configuration.md` and `.env.example` all follow this table.
 */
export const settings = {
  agentConfigurationSecret: required({
    name: 'APP_AGENT_CONFIGURATION_SECRET',
    default: 'kyma-system/compass-agent-configuration',
    example: 'landscape/agent-configuration',
    form: forms.secret,
    meaning:
      'Secret with what the agent needs to pair: `CONNECTOR_URL`, `TOKEN`, `RUNTIME_ID` and `TENANT`. White space around a value does not count; a value that has some inside, or an invisible character, is not used. The agent notices changes at once.',
    inGoAgent: true,
    parse: parseSecretRef,
    show: showSecretRef,
  }),
  clusterCertificatesSecret: required({
    name: 'APP_CLUSTER_CERTIFICATES_SECRET',
    default: 'kyma-system/cluster-client-certificates',
    example: 'landscape/client-certificate',
    form: forms.secret,
    meaning: 'Secret in which the agent keeps its client certificate: `crt`, `key` and `crtChain`.',
    inGoAgent: true,
    parse: parseSecretRef,
    show: showSecretRef,
  }),
  caCertificatesSecret: required({
    name: 'APP_CA_CERTIFICATES_SECRET',
    default: 'istio-system/kyma-gateway-certs-cacert',
    example: 'ingress/landscape-ca',
    form: forms.secret,
    meaning: "Secret in whose key `cacert` the agent writes UCL's CA certificates; it keeps other keys.",
    inGoAgent: true,
    parse: parseSecretRef,
    show: showSecretRef,
  }),
  pairingSecret: required({
    name: 'APP_PAIRING_SECRET',
    default: 'kyma-system/ucl-agent-pairing',
    example: 'landscape/agent-pairing',
    form: forms.secret,
    meaning: 'Secret in which the agent keeps the state of a pairing, so that a crash does not cost a one-time token.',
    inGoAgent: false,
    parse: parseSecretRef,
    show: showSecretRef,
  }),
  integrationNamespace: required({
    name: 'APP_INTEGRATION_NAMESPACE',
    default: 'kyma-system',
    example: 'landscape',
    form: 'the name of a namespace',
    meaning:
      "Namespace in which the agent writes the Secrets with the systems' credentials, and from which Kyma's gateway reads them.",
    inGoAgent: true,
    parse: parseNamespace,
    show: String,
  }),
  syncSchedule: required({
    name: 'APP_SYNC_SCHEDULE',
    default: '*/3 * * * *',
    example: '*/5 * * * *',
    form: 'a cron expression of five fields, or of six when the first one is seconds',
    meaning:
      'When to synchronise. Each agent shifts this by an offset of its own, so that not all agents ask UCL at the same time.',
    inGoAgent: false,
    parse: parseCron,
    show: String,
  }),
  controllerSyncPeriodMs: optional({
    name: 'APP_CONTROLLER_SYNC_PERIOD',
    example: '5m',
    form: 'a duration such as `180s`; for less than `1s`, `1s` is used',
    meaning: 'Time between two scheduled syncs. It is used only if `APP_SYNC_SCHEDULE` is not set.',
    inGoAgent: true,
    parse: parseAnyDuration,
    show: formatDuration,
    settle: nearest(1000, longestTimerMs, formatDuration),
  }),
  minimalSyncTimeMs: required({
    name: 'APP_MINIMAL_COMPASS_SYNC_TIME',
    default: '15s',
    example: '30s',
    form: 'a duration such as `15s`',
    meaning:
      'Minimum time between the starts of two scheduled syncs, before a failed sync is tried again, and before the third of three requests within a minute is answered.',
    inGoAgent: true,
    parse: parseAnyDuration,
    show: formatDuration,
    settle: nearest(0, longestTimerMs, formatDuration),
  }),
  ...extraReadSettings,
  prunePolicy: required({
    name: 'APP_PRUNE_POLICY',
    default: 'sync',
    example: 'upsert-only',
    form: '`sync` or `upsert-only`',
    meaning:
      'Whether the agent removes the Applications of systems that are no longer assigned (`sync`), or keeps them (`upsert-only`).',
    inGoAgent: false,
    parse: oneOf('sync', 'upsert-only'),
    show: String,
  }),
  pruneHoldMs: required({
    name: 'APP_PRUNE_HOLD',
    default: '10m',
    example: '30m',
    form: 'a duration of at least `10s`, or `approve`',
    meaning:
      'How long the removal of many Applications is held, so that people can prevent it; `approve` waits until somebody approves it.',
    inGoAgent: false,
    parse: (text) => (text === 'approve' ? text : durationFrom(10_000)(text)),
    show: (value) => (value === 'approve' ? value : formatDuration(value)),
  }),
  applyConcurrency: required({
    name: 'APP_APPLY_CONCURRENCY',
    default: '16',
    example: '4',
    form: 'a whole number from 1 to 256',
    meaning: 'How many systems are written to the cluster at the same time.',
    inGoAgent: false,
    parse: (text) => parseWholeNumber(text, 1, 256),
    show: String,
  }),
  certValidityRenewalThreshold: required({
    name: 'APP_CERT_VALIDITY_RENEWAL_THRESHOLD',
    default: '0.3',
    example: '0.5',
    form: 'a number from 0.1 to 0.9; for others the nearest of these is used',
    meaning: 'The certificate is renewed when this share of its lifetime is left.',
    inGoAgent: true,
    parse: parseDecimal,
    show: String,
    settle: nearest(0.1, 0.9, String),
  }),
  certKeySize: required({
    name: 'APP_CERT_KEY_SIZE',
    default: '4096',
    example: '2048',
    form: 'a whole number of bits from 2048 to 8192, a multiple of 256',
    meaning: 'Size of the RSA key of the client certificate.',
    inGoAgent: false,
    parse: (text) => {
      const bits = parseWholeNumber(text, 2048, 8192);
      return bits !== undefined && bits % 256 === 0 ? bits : undefined;
    },
    show: String,
  }),
  pairingRetryDelaysMs: required({
    name: 'APP_PAIRING_RETRY_DELAYS',
    default: '1m,3m,6m,10m',
    example: '30s,2m',
    form: 'up to 20 durations, separated by commas',
    meaning:
      "Pauses before the agent tries a one-time token again, if UCL's answer does not tell whether the token can still be used. After the last one, a new token is needed.",
    inGoAgent: false,
    parse: parseDelays,
    show: showDelays,
  }),
  compassTrustedHosts: optional({
    name: 'APP_COMPASS_TRUSTED_HOSTS',
    example: 'director.compass.example.com,compass-mtls.example.com',
    form: 'up to 20 names of hosts or domains, separated by commas',
    meaning:
      'Hosts or domains to which the agent may send the certificate of an installation that it takes over, besides those in the domain of `CONNECTOR_URL` (the host without its first label). Needed only if the addresses in the CompassConnection lead elsewhere (reason `AddressNotTrusted`).',
    inGoAgent: false,
    parse: parseHosts,
    show: (hosts) => hosts.join(','),
  }),
  skipCompassTlsVerify: required({
    name: 'APP_SKIP_COMPASS_TLS_VERIFY',
    default: 'false',
    example: 'true',
    form: forms.boolean,
    meaning:
      'Accept any TLS certificate from UCL. Anybody who can answer in place of UCL can then read the one-time token and every credential. Leave it off; to trust a private CA, use `NODE_EXTRA_CA_CERTS`.',
    inGoAgent: true,
    parse: parseBoolean,
    show: String,
    settle: (isSkipped) => ({
      value: isSkipped,
      ...(isSkipped && {
        note: 'is true: the connection to UCL is NOT protected. Anybody in between can read the token and all credentials. Set it to false.',
      }),
    }),
  }),
  skipAppsTlsVerify: required({
    name: 'APP_SKIP_APPS_TLS_VERIFY',
    default: 'false',
    example: 'true',
    form: forms.boolean,
    meaning: 'Value of `skipVerify` in new Applications; existing ones keep theirs.',
    inGoAgent: true,
    parse: parseBoolean,
    show: String,
  }),
  compassRequestTimeoutMs: required({
    name: 'APP_COMPASS_REQUEST_TIMEOUT',
    default: '30s',
    example: '1m',
    form: 'a duration of at least `1ms`, such as `30s`',
    meaning: 'How long one request to UCL may take.',
    inGoAgent: false,
    parse: durationFrom(1),
    show: formatDuration,
  }),
  compassMaxResponseBytes: required({
    name: 'APP_COMPASS_MAX_RESPONSE_BYTES',
    default: '33554432',
    example: '67108864',
    form: 'a whole number of bytes from 65536 to 1073741824',
    meaning:
      'Maximum size of an answer from UCL. If an answer is larger, the agent asks again, for smaller pages. It also does so when an answer would take more than an eighth of the heap.',
    inGoAgent: false,
    parse: (text) => parseWholeNumber(text, 65_536, 1_073_741_824),
    show: String,
  }),
  compassPageSize: required({
    name: 'APP_COMPASS_PAGE_SIZE',
    default: '200',
    example: '50',
    form: 'a whole number from 1 to 1000',
    meaning: 'Number of systems that one request asks for.',
    inGoAgent: false,
    parse: (text) => parseWholeNumber(text, 1, 1000),
    show: String,
  }),
  compassNestedPageSize: required({
    name: 'APP_COMPASS_NESTED_PAGE_SIZE',
    default: '200',
    example: '100',
    form: 'a whole number from 1 to 200',
    meaning:
      'Number of bundles of a system, and of APIs and events of a bundle, that one request asks for. UCL allows 200.',
    inGoAgent: false,
    parse: (text) => parseWholeNumber(text, 1, 200),
    show: String,
  }),
  readyMaxFailedShare: required({
    name: 'APP_READY_MAX_FAILED_SHARE',
    default: '0.5',
    example: '0.2',
    form: 'a number from 0 to 1; for others the nearest of these is used',
    meaning:
      'The condition `Ready` of the CompassConnection is False when more than this share of the systems fails. At 0 one failing system is enough, at 1 none ever is.',
    inGoAgent: false,
    parse: parseDecimal,
    show: String,
    settle: nearest(0, 1, String),
  }),
  centralGatewayServiceUrl: required({
    name: 'APP_CENTRAL_GATEWAY_SERVICE_URL',
    default: usualGatewayUrl,
    example: 'http://gateway.landscape.svc.cluster.local:8080',
    form: forms.url,
    meaning: "Address of Kyma's application gateway. The addresses of APIs in Applications begin with it.",
    inGoAgent: true,
    parse: (text) => withoutTrailingSlashes(parseServiceUrl(text)),
    show: String,
  }),
  runtimeEventsUrl: optional({
    name: 'APP_RUNTIME_EVENTS_URL',
    example: 'https://gateway.kyma.example.com',
    form: `${forms.url}; any other text is ignored`,
    meaning:
      "URL of the cluster's event gateway. The agent writes it to the runtime's label `runtime_eventServiceUrl` in UCL. If it is absent, or a placeholder with `kyma.local`, the agent does not change the label.",
    inGoAgent: true,
    parse: (text) => text,
    show: String,
    settle: settleLabel,
  }),
  runtimeConsoleUrl: optional({
    name: 'APP_RUNTIME_CONSOLE_URL',
    example: 'https://console.kyma.example.com',
    form: `${forms.url}; any other text is ignored`,
    meaning:
      "URL of the cluster's console. The agent writes it to the runtime's label `runtime_consoleUrl` in UCL, under the same conditions.",
    inGoAgent: true,
    parse: (text) => text,
    show: String,
    settle: settleLabel,
  }),
  healthPort: required({
    name: 'APP_HEALTH_PORT',
    default: '8090',
    example: '8091',
    form: 'a port from 0 to 65535 (0: any free one)',
    meaning: 'Port of `/healthz`, `/readyz` and `/metrics`.',
    inGoAgent: true,
    parse: (text) => parseWholeNumber(text, 0, 65_535),
    show: String,
  }),
  healthHost: optional({
    name: 'APP_HEALTH_HOST',
    example: '127.0.0.1',
    form: 'an IP address of this machine',
    meaning:
      'Address on which `/healthz`, `/readyz` and `/metrics` are served. Not set: every address, since the kubelet probes from outside the Pod.',
    inGoAgent: false,
    parse: parseIpAddress,
    show: String,
  }),
  queryLogging: required({
    name: 'APP_QUERY_LOGGING',
    default: 'false',
    example: 'true',
    form: forms.boolean,
    meaning: 'Log the name, size and duration of every request to UCL. Bodies are never logged.',
    inGoAgent: true,
    parse: parseBoolean,
    show: String,
  }),
  logLevel: required({
    name: 'APP_LOG_LEVEL',
    default: 'info',
    example: 'debug',
    form: '`debug`, `info`, `warn` or `error`',
    meaning: 'Lines of this level, and of more important ones, are logged.',
    inGoAgent: false,
    parse: oneOf('debug', 'info', 'warn', 'error'),
    show: String,
  }),
  logFormat: required({
    name: 'APP_LOG_FORMAT',
    default: 'json',
    example: 'pretty',
    form: '`json` or `pretty`',
    meaning:
      'One JSON object per line, or text for people. If the variable is not set, the agent writes `pretty` to a terminal.',
    inGoAgent: false,
    parse: oneOf('json', 'pretty'),
    show: String,
  }),
  maxHeapMib: optional({
    name: 'APP_MAX_HEAP_MIB',
    example: '256',
    form: 'a whole number of MiB from 32 to 65536',
    meaning:
      "Limit of the JavaScript heap. If it is not set: 384, or the container's memory limit minus 64 if that is less. This is enough for some thousands of systems; a landscape that needs more than a fifth of it is not read (`AnswerTooLarge`). A limit in `NODE_OPTIONS` takes precedence.",
    inGoAgent: false,
    parse: (text) => parseWholeNumber(text, 32, 65_536),
    show: String,
  }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/**
 * Variables of the Go agent that have no meaning any more; setting them does no harm
 * (docs/contracts/kubernetes.md#environment).
 */
export const ignoredVariables = [
  'APP_GATEWAY_PORT',
  'APP_UPLOAD_SERVICE_URL',
  'APP_METRICS_LOGGING_TIME_INTERVAL',
] as const;
