import type { CompassConnection } from '../domain/connection.ts';
import { toCount } from '../domain/to-count.ts';
import type { Foresight } from '../sync/foresight.ts';
import type { Check } from './check.ts';
import { chooseAgentPod } from './choose-agent-pod.ts';
import type { AgentRight, PodFacts, SecretFacts, ServedKind } from './cluster-view.ts';
import type { Probe } from './probe-address.ts';
import { relativeTime } from './relative-time.ts';

/*
 * The verdicts of `doctor`, each from plain facts. Pure.
 */

const configurationKeys = ['CONNECTOR_URL', 'TOKEN', 'RUNTIME_ID', 'TENANT'];

export function judgeConfiguration(place: string, secret: SecretFacts | undefined): Check {
  const name = 'Configuration';
  if (secret === undefined) {
    return {
      ...{ name, verdict: 'failed', message: `The Secret ${place} does not exist.` },
      remedy: 'Register the runtime in UCL, or enable the Application Connector module: both create it.',
    };
  }
  const missing = configurationKeys.filter((key) => !secret.keys.includes(key));
  return missing.length === 0
    ? { name, verdict: 'ok', message: `The Secret ${place} has all keys.` }
    : {
        ...{ name, verdict: 'failed', message: `The Secret ${place} lacks ${missing.join(', ')}.` },
        remedy: 'Write what is missing into it; the agent notices it at once.',
      };
}

export function judgeCrd(kind: ServedKind, served: readonly string[]): Check {
  const name = `CRD ${kind}`;
  if (!served.includes(kind)) {
    return {
      name,
      verdict: 'failed',
      message: 'It is not installed.',
      remedy: 'kubectl apply -k manifests/crds, or enable the module.',
    };
  }
  if (kind === 'compassconnections' && !served.includes(`${kind}/status`)) {
    return {
      ...{ name, verdict: 'warning', message: 'It is that of the module: conditions and counts are not kept.' },
      remedy: "Install this agent's CRD for them.",
    };
  }
  return { name, verdict: 'ok', message: 'It is installed.' };
}

export function judgePods(namespace: string, pods: readonly PodFacts[]): Check {
  const name = 'Pod';
  const pod = chooseAgentPod(pods);
  if (pod === undefined) {
    return {
      ...{ name, verdict: 'failed', message: `No pod of the agent is in namespace ${namespace}.` },
      remedy: `Look at the Deployment: kubectl describe deployment compass-runtime-agent -n ${namespace}`,
    };
  }
  const state = `${pod.name} is ${pod.phase}${pod.why === undefined ? '' : ` (${pod.why})`}`;
  if (pod.phase === 'Running' && pod.isReady) {
    return pod.restarts > 0
      ? {
          ...{ name, verdict: 'warning', message: `${state} and ready, and has restarted ${pod.restarts} times.` },
          remedy: `See why: kubectl describe pod ${pod.name} -n ${namespace}`,
        }
      : { name, verdict: 'ok', message: `${state} and ready.` };
  }
  return {
    ...{ name, verdict: 'failed', message: `${state} and not ready.` },
    remedy: `See why: kubectl describe pod ${pod.name} -n ${namespace}`,
  };
}

export function judgeRights(account: string, lacking: readonly AgentRight[]): Check {
  const name = 'Rights of the agent';
  if (lacking.length === 0) return { name, verdict: 'ok', message: `The ServiceAccount ${account} has them.` };
  const listed = lacking.map(
    ({ verb, resource, group, namespace }) =>
      `${verb} ${resource}${group === '' ? '' : `.${group}`}${namespace === undefined ? '' : ` in ${namespace}`}`,
  );
  return {
    ...{ name, verdict: 'failed', message: `The ServiceAccount ${account} may not ${listed.join(', ')}.` },
    remedy: 'kubectl apply -k manifests/rbac',
  };
}

export function judgeConnection(connection: CompassConnection | undefined, now: Date): Check {
  if (connection !== undefined) return judgeCertificate(connection, now);
  const message = 'There is no CompassConnection: the agent has not run yet, or has found no configuration Secret.';
  return { name: 'Connection', verdict: 'failed', message, remedy: 'See: ucl-agent logs' };
}

function judgeCertificate({ status }: CompassConnection, now: Date): Check {
  const name = 'Certificate';
  const legacy = status?.connectionStatus.certificateStatus;
  const notAfter = status?.certificate?.notAfter ?? legacy?.notAfter;
  const renewAt = status?.certificate?.renewAt;
  if (notAfter == null) {
    return {
      name,
      verdict: 'failed',
      message: 'There is none: the agent is not paired.',
      remedy: 'See: ucl-agent status',
    };
  }
  const end = `${notAfter} (${relativeTime(notAfter, now)})`;
  if (Date.parse(notAfter) <= now.getTime()) {
    return {
      name,
      verdict: 'failed',
      message: `It expired at ${end}.`,
      remedy: 'Write a new token into the configuration Secret.',
    };
  }
  if (renewAt != null && Date.parse(renewAt) < now.getTime() - overdueMs) {
    return {
      ...{ name, verdict: 'warning', message: `Its renewal was due at ${renewAt}; it is valid until ${end}.` },
      remedy: 'Ask for one and see what fails: ucl-agent renew --wait',
    };
  }
  return { name, verdict: 'ok', message: `It is valid until ${end}.` };
}

/** A renewal that fails is tried again for a while before anybody need know. */
const overdueMs = 3_600_000;

export function judgeClock(differenceMs: number | undefined): Check {
  const name = 'Clock';
  if (differenceMs === undefined)
    return { name, verdict: 'unknown', message: 'The API server does not tell its time.' };
  const seconds = Math.round(Math.abs(differenceMs) / 1000);
  if (seconds < 5) return { name, verdict: 'ok', message: "This machine's clock and that of the API server agree." };
  return {
    ...{ name, verdict: seconds < 60 ? 'warning' : 'failed' },
    message: `This machine's clock is ${seconds} s ${differenceMs > 0 ? 'behind' : 'ahead of'} that of the API server.`,
    remedy: 'Set the clocks by NTP: certificates and times in the status are judged by them.',
  };
}

/** What UCL answered to the agent itself. */
export function judgeUcl({ runtimeId, desired, labels, failures }: Foresight): Check[] {
  const systems = toCount(desired, 'system');
  return [
    {
      ...{ name: 'UCL', verdict: 'ok' },
      message: `UCL accepts the certificate, and assigns ${systems} to runtime ${runtimeId}.`,
    },
    ...(failures.length === 0
      ? []
      : [
          {
            ...{ name: 'Systems', verdict: 'warning' as const },
            message: `${failures.length} of ${systems} cannot be brought into the cluster as they are.`,
            remedy: 'See which and why: ucl-agent diff',
          },
        ]),
    labels.length === 0
      ? { name: 'Labels', verdict: 'ok', message: 'The runtime has the labels in UCL that the settings ask for.' }
      : {
          ...{ name: 'Labels', verdict: 'warning' },
          message: `The runtime lacks these labels in UCL, which the settings ask for: ${labels.map(({ key }) => key).join(', ')}.`,
          remedy: 'The next synchronization sets it; if it does not, see: ucl-agent status',
        },
  ];
}

/** `where`: from where the address was looked at. */
export function judgeAddress(name: string, url: URL, probe: Probe, where: string): Check {
  const host = url.host;
  switch (probe.kind) {
    case 'ok':
      return { name, verdict: 'ok', message: `${host} has an address and speaks TLS, seen from ${where}.` };
    case 'no name':
      return {
        ...{ name, verdict: 'failed', message: `${host} has no address, seen from ${where} (${probe.code}).` },
        remedy: 'Check the host in CONNECTOR_URL and the DNS.',
      };
    case 'no connection':
      return {
        ...{ name, verdict: 'failed', message: `${host} does not speak TLS, seen from ${where} (${probe.code}).` },
        remedy: 'Check firewalls and network policies on the way.',
      };
    case 'not trusted':
      return {
        ...{
          name,
          verdict: 'warning',
          message: `The certificate of ${host} is not trusted, seen from ${where} (${probe.code}).`,
        },
        remedy:
          'If something on the way replaces it, let UCL pass unchanged; otherwise give the agent the CA by NODE_EXTRA_CA_CERTS.',
      };
  }
}
