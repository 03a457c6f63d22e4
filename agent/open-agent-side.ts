import { randomUUID } from 'node:crypto';
import type { AgentSide } from './cli/agent-side.ts';
import type { ClusterChoice } from './cli/cli-edge.ts';
import { openMtlsExchange } from './compass/open-mtls-exchange.ts';
import type { Config } from './config/config.ts';
import { parseConfig } from './config/parse-config.ts';
import { readLink } from './connection/read-link.ts';
import { toSyncSettings } from './create-doers.ts';
import { annotations } from './domain/annotations.ts';
import { isSuspended } from './domain/is-suspended.ts';
import { readApprovedIds } from './domain/read-approved-ids.ts';
import { type ChooseProxy, readProxies } from './domain/read-proxies.ts';
import { AgentError } from './errors/agent-error.ts';
import { createKubeTransport, type KubeTransport } from './kube/api/create-kube-transport.ts';
import { openAgentsReading } from './kube/open-agents-reading.ts';
import { tellPerson, toPersonsError } from './kube/tell-person.ts';
import { tryWrites } from './kube/try-writes.ts';
import type { Logger } from './log/logger.ts';
import { createRecall, openCompass } from './open-compass.ts';
import { readHeapBytes } from './read-heap-bytes.ts';
import { foreseeSync } from './sync/foresee-sync.ts';
import { toTrialObjects } from './sync/to-trial-objects.ts';
import { systemTime as time } from './time/system-time.ts';

export interface AgentSideOptions extends ClusterChoice {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The beginning of a command that asks the same cluster. */
  readonly kubectl: string;
  readonly log: Logger;
  readonly registerSecret: (secret: string) => void;
}

/** What the agent sees, over the machine's own ports. Throws AgentError `ConfigurationInvalid`. */
export function openAgentSide(options: AgentSideOptions): AgentSide {
  const { kubectl, log } = options;
  const { config, chooseProxy } = readSettings(options.env);
  const exchange = openTransport(options);
  const words = { kubectl, isServiceAccount: exchange.isServiceAccount };
  const reading = openAgentsReading({ config, exchange, log, time }, words);
  const request = { id: '' };
  const { directors } = openCompass({
    ...{ config, time, log, version: options.version, heapLimitBytes: readHeapBytes(options.env) },
    openCompassExchange: (choice) => openMtlsExchange(choice, chooseProxy),
    // What is found out here is not kept.
    readMemory: { recall: createRecall(reading), keep: async () => undefined },
    onAsked: () => undefined,
    correlationId: () => request.id,
  });
  return {
    async foresee(signal) {
      const connection = await reading.connection.read(signal);
      const { registerSecret } = options;
      const trustedHosts = config.compassTrustedHosts ?? [];
      const { configuration, credentials, reader } = reading;
      const link = await readLink(
        connection?.spec.managementInfo,
        { configuration, credentials, trustedHosts, time, registerSecret },
        signal,
      );
      const { runtimeId } = link.identity;
      request.id = `${runtimeId}_${randomUUID()}`;
      return foreseeSync(
        {
          runtimeId,
          isSuspended: connection !== undefined && isSuspended(connection),
          source: directors.current(link),
          pruneNote: connection?.metadata.annotations?.[annotations.pruneMemory],
          approvedIds: connection === undefined ? [] : readApprovedIds(connection),
        },
        { reader, settings: toSyncSettings(config), time },
        signal,
      );
    },
    tryWrites: tellPerson(
      (signal) => tryWrites({ exchange, time }, toTrialObjects(randomUUID(), toSyncSettings(config).policy), signal),
      words,
    ),
    close() {
      directors.close();
      exchange.close();
    },
  };
}

function readSettings(env: AgentSideOptions['env']): { config: Config; chooseProxy: ChooseProxy } {
  const parsed = parseConfig(env);
  const proxies = readProxies(env);
  if (parsed.ok && proxies.ok) return { config: parsed.config, chooseProxy: proxies.choose };
  const problems = [...(parsed.ok ? [] : parsed.problems), ...(proxies.ok ? [] : proxies.problems)];
  throw new AgentError('ConfigurationInvalid', problems.map(({ problem }) => problem).join(' '), {
    next: 'stall',
    remedy: 'The agent itself starts as little with these settings; correct its environment.',
  });
}

function openTransport({ kubeconfigFile, context, kubectl }: AgentSideOptions): KubeTransport {
  try {
    return createKubeTransport(kubeconfigFile, time, context);
  } catch (error: unknown) {
    throw toPersonsError(error, { kubectl, isServiceAccount: false });
  }
}
