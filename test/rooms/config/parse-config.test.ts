import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../../agent/config/config.ts';
import { parseConfig, printableConfig } from '../../../agent/config/parse-config.ts';
import { optional, printSetting, required, type Setting } from '../../../agent/config/setting.ts';
import { ignoredVariables, settings } from '../../../agent/config/settings.ts';

const all: readonly Setting<unknown>[] = Object.values(settings);

function accepted(env: Record<string, string | undefined>): { config: Config; notes: string[] } {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed;
}

function problems(env: Record<string, string | undefined>) {
  const parsed = parseConfig(env);
  return parsed.ok ? [] : parsed.problems;
}

describe('parseConfig', () => {
  test('without any variable the documented defaults count', () => {
    const { config } = accepted({});
    expect(config).toEqual({
      agentConfigurationSecret: { namespace: 'kyma-system', name: 'compass-agent-configuration' },
      clusterCertificatesSecret: { namespace: 'kyma-system', name: 'cluster-client-certificates' },
      caCertificatesSecret: { namespace: 'istio-system', name: 'kyma-gateway-certs-cacert' },
      pairingSecret: { namespace: 'kyma-system', name: 'ucl-agent-pairing' },
      integrationNamespace: 'kyma-system',
      schedule: { kind: 'cron', expression: '*/3 * * * *' },
      minimalSyncTimeMs: 15_000,
      compassCallsPerHour: 15,
      followUpDelaysMs: [30_000, 60_000, 120_000],
      probeSchedule: undefined,
      certValidityRenewalThreshold: 0.3,
      readyMaxFailedShare: 0.5,
      certKeySize: 4096,
      pairingRetryDelaysMs: [60_000, 180_000, 360_000, 600_000],
      skipCompassTlsVerify: false,
      skipAppsTlsVerify: false,
      centralGatewayServiceUrl: 'http://central-application-gateway.kyma-system.svc.cluster.local:8082',
      runtimeEventsUrl: undefined,
      runtimeConsoleUrl: undefined,
      healthPort: 8090,
      healthHost: undefined,
      queryLogging: false,
      applyConcurrency: 16,
      pruneHoldMs: 600_000,
      prunePolicy: 'sync',
      compassRequestTimeoutMs: 30_000,
      compassMaxResponseBytes: 33_554_432,
      compassPageSize: 200,
      compassNestedPageSize: 200,
      logLevel: 'info',
      logFormat: 'json',
      maxHeapMib: undefined,
    });
  });

  test('the environment of the shipped manifest is taken over as it stands', () => {
    const { config, notes } = accepted({
      APP_AGENT_CONFIGURATION_SECRET: 'kyma-system/compass-agent-configuration',
      APP_CONTROLLER_SYNC_PERIOD: '180s',
      APP_MINIMAL_COMPASS_SYNC_TIME: '15s',
      APP_CERT_VALIDITY_RENEWAL_THRESHOLD: '0.3',
      APP_CLUSTER_CERTIFICATES_SECRET: 'kyma-system/cluster-client-certificates',
      APP_CA_CERTIFICATES_SECRET: 'istio-system/kyma-gateway-certs-cacert',
      APP_GATEWAY_PORT: '8080',
      APP_UPLOAD_SERVICE_URL: 'http://rafter-upload-service.kyma-system.svc.cluster.local:80',
      APP_SKIP_COMPASS_TLS_VERIFY: 'true',
      APP_SKIP_APPS_TLS_VERIFY: 'false',
      APP_CENTRAL_GATEWAY_SERVICE_URL: 'http://central-application-gateway.kyma-system.svc.cluster.local:8082',
      APP_RUNTIME_EVENTS_URL: 'https://gateway.example.com',
      APP_RUNTIME_CONSOLE_URL: 'https://console.example.com',
      APP_QUERY_LOGGING: 'false',
      APP_METRICS_LOGGING_TIME_INTERVAL: '30m',
      APP_HEALTH_PORT: '8090',
    });
    expect(config.schedule).toEqual({ kind: 'period', periodMs: 180_000 });
    expect(config.runtimeEventsUrl).toBe('https://gateway.example.com');
    expect(notes).toEqual([
      expect.stringContaining('APP_SKIP_COMPASS_TLS_VERIFY is true: the connection to UCL is NOT protected'),
      'APP_GATEWAY_PORT, APP_UPLOAD_SERVICE_URL, APP_METRICS_LOGGING_TIME_INTERVAL: no longer used and ignored.',
    ]);
  });

  test('the schedule counts more than the period, and an empty variable is an absent one', () => {
    const env = { APP_SYNC_SCHEDULE: '*/20 * * * * *', APP_CONTROLLER_SYNC_PERIOD: '180s' };
    expect(accepted(env).config.schedule).toEqual({ kind: 'cron', expression: '*/20 * * * * *' });
    expect(accepted({ ...env, APP_SYNC_SCHEDULE: ' ' }).config.schedule.kind).toBe('period');
  });

  test.each(['*/70 * * * *', '5-1 * * * *', '0 12 * * Monday', '0 0 30 2 *', '*\t* * * *'])(
    'a schedule that one of the libraries cannot read is refused: %j',
    (expression) => {
      const result = parseConfig({ APP_SYNC_SCHEDULE: expression });
      expect(result).toMatchObject({ ok: false, problems: [{ variable: 'APP_SYNC_SCHEDULE' }] });
    },
  );

  test('all problems come at once, by name and accepted form, without the values', () => {
    const token = 'qT9v'.repeat(22);
    const bad = {
      APP_AGENT_CONFIGURATION_SECRET: token,
      APP_SYNC_SCHEDULE: 'every day',
      APP_CONTROLLER_SYNC_PERIOD: 'often',
      APP_MINIMAL_COMPASS_SYNC_TIME: '15',
      APP_CERT_VALIDITY_RENEWAL_THRESHOLD: '30%',
      APP_CERT_KEY_SIZE: '1024',
      APP_PAIRING_RETRY_DELAYS: '1m,,2m',
      APP_SKIP_COMPASS_TLS_VERIFY: 'yes',
      APP_CENTRAL_GATEWAY_SERVICE_URL: 'https://user:hunter2@gateway',
      APP_HEALTH_PORT: '80000',
      APP_APPLY_CONCURRENCY: '0',
      APP_PRUNE_POLICY: 'delete',
      APP_COMPASS_NESTED_PAGE_SIZE: '201',
      APP_LOG_LEVEL: 'loud',
    };
    const found = problems(bad);
    expect(found.map((problem) => problem.variable).sort()).toEqual(Object.keys(bad).sort());
    expect(found.find((problem) => problem.variable === 'APP_PRUNE_POLICY')?.problem).toBe(
      'APP_PRUNE_POLICY must be `sync` or `upsert-only`.',
    );
    expect(JSON.stringify(found)).not.toMatch(/hunter2|qT9v/);
  });

  test.each([
    ['APP_CERT_VALIDITY_RENEWAL_THRESHOLD', '0', { certValidityRenewalThreshold: 0.1 }, 'less than can be used: 0.1'],
    ['APP_CERT_VALIDITY_RENEWAL_THRESHOLD', '-1e3', { certValidityRenewalThreshold: 0.1 }, 'less than can be used'],
    ['APP_CERT_VALIDITY_RENEWAL_THRESHOLD', '1', { certValidityRenewalThreshold: 0.9 }, 'more than can be used: 0.9'],
    [
      'APP_CONTROLLER_SYNC_PERIOD',
      '10ms',
      { schedule: { kind: 'period', periodMs: 1000 } },
      'less than can be used: 1s',
    ],
    [
      'APP_CONTROLLER_SYNC_PERIOD',
      '-1h',
      { schedule: { kind: 'period', periodMs: 1000 } },
      'less than can be used: 1s',
    ],
    ['APP_CONTROLLER_SYNC_PERIOD', '999h', { schedule: { kind: 'period', periodMs: 2 ** 31 - 1 } }, 'more than can be'],
    ['APP_MINIMAL_COMPASS_SYNC_TIME', '-15s', { minimalSyncTimeMs: 0 }, 'less than can be used: 0s'],
    ['APP_RUNTIME_EVENTS_URL', 'gateway.example.com', { runtimeEventsUrl: undefined }, 'does not change that label'],
    [
      'APP_RUNTIME_CONSOLE_URL',
      'https://me:hunter2@console',
      { runtimeConsoleUrl: undefined },
      'does not change that label',
    ],
  ])('%s=%s, which the Go agent accepts, counts as the nearest value that can be used, with a warning', (...row) => {
    const [variable, text, expected, told] = row;
    const { config, notes } = accepted({ [variable]: text });
    expect(config).toMatchObject(expected);
    const note = notes.filter((line) => line.startsWith(variable));
    expect(note).toEqual([expect.stringContaining(told)]);
    expect(note.join()).not.toContain('hunter2');
  });

  test.each([
    ['APP_CERT_VALIDITY_RENEWAL_THRESHOLD', '0.1'],
    ['APP_CERT_VALIDITY_RENEWAL_THRESHOLD', '0.9'],
    ['APP_CONTROLLER_SYNC_PERIOD', '1s'],
    ['APP_MINIMAL_COMPASS_SYNC_TIME', '0s'],
  ])('%s=%s counts as it stands, without a word', (variable, text) => {
    const { config, notes } = accepted({ [variable]: text });
    expect(printableConfig(config)[variable]).toBe(text);
    expect(notes.filter((line) => line.startsWith(variable))).toEqual([]);
  });

  test('placeholder URLs of the runtime count as absent', () => {
    const { config, notes } = accepted({
      APP_RUNTIME_EVENTS_URL: 'https://gateway.kyma.local',
      APP_RUNTIME_CONSOLE_URL: 'https://console.notkyma.local',
    });
    expect(config.runtimeEventsUrl).toBeUndefined();
    expect(config.runtimeConsoleUrl).toBe('https://console.notkyma.local');
    expect(notes).toEqual([expect.stringContaining('APP_RUNTIME_EVENTS_URL is a placeholder')]);
  });

  test.each([
    ['https://KYMA.local', undefined],
    ['https://kyma.local:8443/console', undefined],
    ['https://kyma.local.example.com', 'https://kyma.local.example.com'],
  ])('of the host %s only the domain itself counts as a placeholder', (url, used) => {
    expect(accepted({ APP_RUNTIME_EVENTS_URL: url }).config.runtimeEventsUrl).toBe(used);
  });

  test('a label of the runtime that is absent or no URL is noted with what is wrong with it', () => {
    expect(accepted({ APP_RUNTIME_CONSOLE_URL: 'ftp://console' }).notes).toEqual([
      'APP_RUNTIME_EVENTS_URL is not set: the agent does not change that label of the runtime in UCL.',
      'APP_RUNTIME_CONSOLE_URL is not an http or https URL without user name, query and fragment: the agent does not change that label of the runtime in UCL.',
    ]);
  });

  test('an unknown variable is noted with the one that was probably meant', () => {
    const labels = { APP_RUNTIME_EVENTS_URL: 'https://events', APP_RUNTIME_CONSOLE_URL: 'https://console' };
    const variables = {
      APP_SOMETHING_ELSE: 'x',
      APP_HEALTH_PROT: '1',
      APP_GATEWAY_PORT: '1',
      APP_EMPTY: ' ',
      PATH: '/bin',
    };
    expect(accepted({ ...labels, ...variables }).notes).toEqual([
      'APP_GATEWAY_PORT: no longer used and ignored.',
      'APP_HEALTH_PROT is not a setting of this agent. Did you mean APP_HEALTH_PORT?',
      'APP_SOMETHING_ELSE is not a setting of this agent.',
    ]);
  });

  test.each([
    ['four letters too many', 'APP_LOG_LEVELLING', 'APP_LOG_LEVEL'],
    ['four letters missing', 'APP_FORMAT', 'APP_LOG_FORMAT'],
    ['four other letters', 'APP_MAX_SIZE_MIB', 'APP_MAX_HEAP_MIB'],
    ['five letters too many', 'APP_OTHERLOG_LEVEL', undefined],
    ['five letters too many at the start', 'APP_XAPP_LOG_LEVEL', undefined],
    ['nothing behind the prefix', 'APP_', undefined],
  ])('up to four letters may be wrong in a name: %s', (_, name, meant) => {
    const told = meant === undefined ? '' : ` Did you mean ${meant}?`;
    expect(accepted({ [name]: 'x' }).notes).toContain(`${name} is not a setting of this agent.${told}`);
  });

  test('what is printed can be read again and gives the same settings', () => {
    const { config } = accepted({
      APP_CONTROLLER_SYNC_PERIOD: '1h1m1.5s',
      APP_RUNTIME_EVENTS_URL: 'https://gateway.example.com/',
      APP_CENTRAL_GATEWAY_SERVICE_URL: 'http://gateway:8082/',
      APP_PAIRING_RETRY_DELAYS: '1s, 90s',
      APP_LOG_FORMAT: 'pretty',
      APP_MAX_HEAP_MIB: '256',
      APP_QUERY_LOGGING: 'T',
    });
    const printed = printableConfig(config);
    expect(accepted(printed).config).toEqual(config);
    expect(printed).toMatchObject({
      APP_CONTROLLER_SYNC_PERIOD: '1h1m1.5s',
      APP_PAIRING_RETRY_DELAYS: '1s,1m30s',
      APP_CENTRAL_GATEWAY_SERVICE_URL: 'http://gateway:8082',
    });
  });

  test('every variable has a name of its own', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test.each(all)('the example of $name is accepted without a word, and is not the default', ({ name, example }) => {
    const { config, notes } = accepted({ [name]: example });
    expect(notes.filter((line) => line.startsWith(name) && !line.includes('NOT protected'))).toEqual([]);
    expect(printableConfig(config)[name]).toBe(example);
    expect(printableConfig(accepted({}).config)[name]).not.toBe(example);
  });

  test('what the Go agent is given is marked as its own in the table, or known as no longer used', () => {
    const file = join(import.meta.dirname, '../../data/fixtures/module-manager/deployment.yaml');
    const given = [...readFileSync(file, 'utf8').matchAll(/\bname: (APP_\w+)/g)].map(([, name = '']) => name);
    expect(given.length).toBeGreaterThan(10);
    const goAgents = all.filter(({ inGoAgent }) => inGoAgent).map(({ name }) => name);
    expect(given.filter((name) => ![...goAgents, ...ignoredVariables].some((known) => known === name))).toEqual([]);
  });

  const aSetting = {
    ...({ name: 'APP_SOME_SETTING', example: '8', form: 'a number', meaning: 'For this test.' } as const),
    ...{ inGoAgent: false, parse: (text: string): number | undefined => (text === '7' ? 7 : undefined), show: String },
  };

  test('a setting whose default it would refuse itself is a mistake in the table', () => {
    expect(() => required({ ...aSetting, default: 'seven' })).toThrow(
      'the default of APP_SOME_SETTING is not acceptable to itself',
    );
  });

  test('a setting is printed as it counts, whether or not it has a default', () => {
    expect(printSetting(optional<number | undefined>(aSetting), 9)).toBe('9');
    expect(printSetting(required({ ...aSetting, default: '7' }), 9)).toBe('9');
  });

  test('a setting that is a secret is printed as being set, and nothing else', () => {
    const secret = required({
      ...{ name: 'APP_SOME_SECRET', default: 'hunter2', example: 'hunter3', form: 'a text', meaning: 'For this test.' },
      ...{ inGoAgent: false, isSecret: true, parse: (text: string) => text, show: String },
    } as const);
    expect(printSetting(secret, 'hunter2')).toBe('[set]');
  });
});
