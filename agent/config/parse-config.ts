import type { Config } from './config.ts';
import { ignoredVariables, type Setting, settings } from './settings.ts';

/** One variable that cannot be used. Neither field repeats the value, which may be a secret in the wrong place. */
export interface ConfigProblem {
  variable: string;
  /** What is accepted in its place, a full sentence. */
  problem: string;
}

export type ParsedConfig =
  | { ok: true; config: Config /** What a person should know, full sentences. */; notes: string[] }
  | { ok: false; problems: ConfigProblem[] };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from environment variables (Kubernetes contract 8). Reports every problem at once. An empty
 * variable counts as absent.
 */
export function parseConfig(env: Environment): ParsedConfig {
  const problems: ConfigProblem[] = [];
  const read = <T>(setting: Setting<T>): T => {
    const text = textOf(env, setting.name);
    if (text === undefined) return setting.fallback;
    const value = setting.parse(text);
    if (value !== undefined) return value;
    problems.push({ variable: setting.name, problem: `${setting.name} must be ${setting.form}.` });
    return setting.fallback;
  };

  const notes: string[] = [];
  const config = readConfig(env, read, notes);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config, notes: [...notes, ...securityNotes(config), ...foreignVariableNotes(env)] };
}

/** Every variable with the value in force, for the log at start. No setting holds a secret, nor does a URL's user part pass. */
export function printableConfig(config: Config): Record<string, string> {
  const printed: Record<string, string> = {};
  for (const setting of Object.values(settings)) {
    const text = setting.show(config);
    if (text !== undefined) printed[setting.name] = text;
  }
  return printed;
}

function readConfig(env: Environment, read: <T>(setting: Setting<T>) => T, notes: string[]): Config {
  const expression = read(settings.syncSchedule);
  const periodMs = read(settings.controllerSyncPeriod);
  const byPeriod = periodMs !== undefined && textOf(env, settings.syncSchedule.name) === undefined;
  return {
    agentConfigurationSecret: read(settings.agentConfigurationSecret),
    clusterCertificatesSecret: read(settings.clusterCertificatesSecret),
    caCertificatesSecret: read(settings.caCertificatesSecret),
    pairingSecret: read(settings.pairingSecret),
    integrationNamespace: read(settings.integrationNamespace),
    schedule: byPeriod ? { kind: 'period', periodMs } : { kind: 'cron', expression },
    minimalSyncTimeMs: read(settings.minimalSyncTime),
    certValidityRenewalThreshold: read(settings.certValidityRenewalThreshold),
    certKeySize: read(settings.certKeySize),
    pairingRetryDelaysMs: read(settings.pairingRetryDelays),
    skipCompassTlsVerify: read(settings.skipCompassTlsVerify),
    skipAppsTlsVerify: read(settings.skipAppsTlsVerify),
    centralGatewayServiceUrl: read(settings.centralGatewayServiceUrl),
    runtimeEventsUrl: withoutPlaceholder(settings.runtimeEventsUrl, read, notes),
    runtimeConsoleUrl: withoutPlaceholder(settings.runtimeConsoleUrl, read, notes),
    healthPort: read(settings.healthPort),
    queryLogging: read(settings.queryLogging),
    applyConcurrency: read(settings.applyConcurrency),
    prunePolicy: read(settings.prunePolicy),
    compass: {
      requestTimeoutMs: read(settings.compassRequestTimeout),
      maxResponseBytes: read(settings.compassMaxResponseBytes),
      pageSize: read(settings.compassPageSize),
      nestedPageSize: read(settings.compassNestedPageSize),
    },
    logLevel: read(settings.logLevel),
    logFormat: read(settings.logFormat),
    maxHeapMib: read(settings.maxHeap),
  };
}

function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

/** The Go agent's defaults point to `kyma.local`; publishing them in UCL would be wrong. */
function withoutPlaceholder(
  setting: Setting<string | undefined>,
  read: <T>(setting: Setting<T>) => T,
  notes: string[],
): string | undefined {
  const url = read(setting);
  if (url === undefined) {
    notes.push(`${setting.name} is not set: that label of the runtime in UCL is left alone.`);
    return undefined;
  }
  if (/(^|\.)kyma\.local$/i.test(new URL(url).hostname)) {
    notes.push(`${setting.name} is a placeholder (kyma.local): that label of the runtime in UCL is left alone.`);
    return undefined;
  }
  return url;
}

function securityNotes(config: Config): string[] {
  return config.skipCompassTlsVerify
    ? [
        `${settings.skipCompassTlsVerify.name} is true: the connection to UCL is NOT protected. Anybody on the way can read the token and all credentials. Set it to false.`,
      ]
    : [];
}

function foreignVariableNotes(env: Environment): string[] {
  const notes: string[] = [];
  const present = Object.keys(env).filter((name) => name.startsWith('APP_') && textOf(env, name) !== undefined);
  const ignored = ignoredVariables.filter((name) => present.includes(name));
  if (ignored.length > 0) notes.push(`${ignored.join(', ')}: no longer used, and ignored.`);

  const known = Object.values(settings).map((setting) => setting.name);
  for (const name of present.sort()) {
    if (known.some((one) => one === name) || ignored.some((one) => one === name)) continue;
    const nearest = nearestName(name, known);
    notes.push(`${name} is not a setting of this agent.${nearest === undefined ? '' : ` Is ${nearest} meant?`}`);
  }
  return notes;
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= 4 ? nearest.candidate : undefined;
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, character] of [...left].entries()) {
    const current = [row + 1];
    for (let column = 0; column < right.length; column++) {
      const substituted = (previous[column] ?? 0) + (right[column] === character ? 0 : 1);
      current.push(Math.min(substituted, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
