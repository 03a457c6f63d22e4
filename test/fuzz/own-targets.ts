import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { parseLandscapePage } from '../../agent/compass/parse-director.ts';
import { parseConfig } from '../../agent/config/parse-config.ts';
import { parseAnyDuration } from '../../agent/domain/duration.ts';
import type { Landscape } from '../../agent/domain/landscape.ts';
import {
  credentialsSecretName,
  explainInvalidName,
  normalizeApplicationName,
  normalizeName,
  parametersSecretName,
  toLabelValue,
} from '../../agent/domain/names.ts';
import { parseProxy, readProxies } from '../../agent/domain/read-proxies.ts';
import { toShownJson, toShownText } from '../../agent/domain/to-shown-text.ts';
import { createLogger } from '../../agent/log/create-logger.ts';
import { createRedactor } from '../../agent/log/redact.ts';
import { summarize } from '../../agent/status/summarize.ts';
import { planSync } from '../../agent/sync/plan-sync.ts';
import { good, goodSync, now } from '../data/builders/a-report.ts';
import { anyJson, anyText, secret, type Target, toTarget } from './target.ts';
import { landscapeData, toPageOfText } from './ucl-targets.ts';

/** Logs a value with a secret beside it, inside it and as a field of a telling name, and gives the lines. */
function log(value: unknown, text: string): string {
  const redactor = createRedactor();
  redactor.register(secret);
  const lines = (['json', 'pretty'] as const).map((format) => {
    const stream = new PassThrough();
    const logger = createLogger({ level: 'info', format, stream, redactor, clock: () => new Date(0) });
    logger.info(`${text} ${secret} ${text}`, { value, password: text, [secret]: secret, error: new Error(secret) });
    return String(stream.read());
  });
  return lines.join('').replaceAll('\n', '');
}

const policy = {
  integrationNamespace: 'kyma-system',
  centralGatewayServiceUrl: 'http://gateway',
  skipAppsTlsVerify: false,
};

/** What the status says of a landscape that is read from this answer. */
function plan(data: unknown): unknown {
  const parsed = parseLandscapePage(data, false);
  if (!parsed.ok) return parsed.problem;
  const landscape: Landscape = {
    runtimeLabels: parsed.value.runtimeLabels ?? {},
    gaps: [],
    applications: parsed.value.applications.items.flatMap(({ id, name, content }) =>
      content.ok && 'value' in content
        ? {
            id,
            name,
            ...content.value,
            bundles: content.value.bundles.items.map((bundle) => ({
              ...bundle,
              apiDefinitions: bundle.apiDefinitions.items,
              eventDefinitions: bundle.eventDefinitions.items,
            })),
          }
        : [],
    ),
  };
  const { failures } = planSync(landscape, { applications: [], secrets: [] }, policy);
  return summarize({ ...good, sync: { ...goodSync, failures } }, undefined, now);
}

const settings = [
  'APP_SYNC_SCHEDULE',
  'APP_CONTROLLER_SYNC_PERIOD',
  'APP_CENTRAL_GATEWAY_SERVICE_URL',
  'APP_AGENT_CONFIGURATION_SECRET',
  'APP_PAIRING_RETRY_DELAYS',
  'APP_CERT_VALIDITY_RENEWAL_THRESHOLD',
  'APP_RUNTIME_EVENTS_URL',
];
const env = fc.dictionary(fc.oneof(anyText, fc.constantFrom(...settings)), anyText);

export const ownTargets: readonly Target[] = [
  toTarget<[unknown, string]>(
    'the log',
    fc.tuple(anyJson, anyText),
    (text) => [{ [text]: text }, text],
    ([value, text]) => log(value, text),
  ),
  toTarget('the plan and the status', landscapeData, toPageOfText, plan),
  toTarget(
    'the names',
    anyText,
    (text) => text,
    (text) => {
      normalizeName(text);
      credentialsSecretName(text, text);
      parametersSecretName(text, text);
      toLabelValue(text);
      return explainInvalidName(normalizeApplicationName(text));
    },
  ),
  toTarget(
    'toShownText',
    anyText,
    (text) => text,
    (text) => toShownText(text, 100) + toShownJson({ [text]: text }),
  ),
  toTarget(
    'parseAnyDuration',
    anyText,
    (text) => text,
    (text) => parseAnyDuration(text),
  ),
  toTarget(
    'parseConfig',
    env,
    (text) => Object.fromEntries(settings.map((name) => [name, text])),
    (given) => void parseConfig(given),
  ),
  toTarget(
    'the proxies',
    anyText,
    (text) => text,
    (text) => {
      parseProxy(text);
      const proxies = readProxies({ HTTPS_PROXY: `http://user:${secret}@${text}`, NO_PROXY: text });
      if (proxies.ok) return proxies.choose(new URL('https://a.example'))?.address;
      return proxies.problems;
    },
  ),
];
