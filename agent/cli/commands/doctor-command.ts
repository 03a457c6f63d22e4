import { Command, Option } from 'commander';
import type { CompassConnection } from '../../domain/connection.ts';
import { readProxies } from '../../domain/read-proxies.ts';
import { toShownJson } from '../../domain/to-shown-text.ts';
import { isAgentError } from '../../errors/agent-error.ts';
import type { Check } from '../check.ts';
import type { CliEdge, Tone } from '../cli-edge.ts';
import type { AgentRight, ClusterView, PodFacts } from '../cluster-view.ts';
import type { CommandContext } from '../command-context.ts';
import {
  judgeAddress,
  judgeCertificate,
  judgeClock,
  judgeConfiguration,
  judgeCrd,
  judgePods,
  judgeRights,
} from '../diagnose.ts';
import { exitCodes } from '../exit-codes.ts';
import { namespaceOption } from '../namespace-option.ts';
import { printable } from '../render-table.ts';

interface DoctorOptions {
  output: 'text' | 'json';
  namespace: string;
}

export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .description('check what the agent needs, each with what to do about it; 1 if anything failed')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'))
    .addOption(namespaceOption('namespace of the agent'))
    .action(async (options: DoctorOptions) => context.finish(await examine(context, options)));
}

async function examine({ edge, choose }: CommandContext, { output, namespace }: DoctorOptions): Promise<number> {
  const view = await edge.openCluster(choose());
  const checks = await listChecks(edge, view, namespace);
  edge.stdout(output === 'json' ? `${toShownJson({ checks }, 2)}\n` : checks.map((one) => render(edge, one)).join(''));
  return checks.some(({ verdict }) => verdict === 'failed') ? exitCodes.notReady : exitCodes.ok;
}

async function listChecks(edge: CliEdge, view: ClusterView, namespace: string): Promise<Check[]> {
  const { signal } = edge;
  const place = { namespace, name: 'compass-agent-configuration' };
  const checks: Check[] = [];
  const add = async (name: string, check: () => Promise<Check | Check[]>) => {
    checks.push(...(await unlessRefused(name, signal, check)));
  };
  for (const kind of ['compassconnections', 'applications'] as const) {
    await add(`CRD ${kind}`, async () => judgeCrd(kind, await view.listServed(kind, signal)));
  }
  await add('Configuration', async () =>
    judgeConfiguration(`${namespace}/${place.name}`, await view.readSecret(place, signal)),
  );
  let pods: readonly PodFacts[] = [];
  await add('Pod', async () => {
    pods = await view.listAgentPods(namespace, signal);
    return judgePods(namespace, pods);
  });
  await add('Rights of the agent', () => checkRights(view, namespace, pods[0]?.serviceAccount, signal));
  await add('Clock', async () => judgeClock(await view.readClockDifference(signal)));
  await add('Connection', async () => checkConnection(edge, await view.connection.read(signal)));
  return checks;
}

/** Nothing can be asked then. */
const noCluster: ReadonlySet<string> = new Set(['ClusterUnreachable', 'ConfigurationInvalid']);

/** What cannot be asked is unknown, and costs no other check. */
async function unlessRefused(
  name: string,
  signal: AbortSignal,
  check: () => Promise<Check | Check[]>,
): Promise<Check[]> {
  try {
    return [await check()].flat();
  } catch (error: unknown) {
    if (signal.aborted || !isAgentError(error) || noCluster.has(error.reason)) throw error;
    const { message, remedy } = error;
    return [{ name, verdict: 'unknown', message: `${message}.`, ...(remedy === undefined ? {} : { remedy }) }];
  }
}

/** Those without which nothing works (docs/security.md#permissions). */
function listNeededRights(namespace: string): AgentRight[] {
  const [compass, applications] = ['compass.kyma-project.io', 'applicationconnector.kyma-project.io'];
  const connection = { group: compass, resource: 'compassconnections', name: 'compass-connection' };
  return [
    ...['get', 'list', 'watch', 'update'].map((verb) => ({ verb, ...connection })),
    { verb: 'create', group: compass, resource: 'compassconnections' },
    ...['list', 'watch', 'create', 'update', 'delete'].flatMap((verb) => [
      { verb, group: applications, resource: 'applications' },
      { verb, group: '', resource: 'secrets', namespace },
    ]),
  ];
}

async function checkRights(
  view: ClusterView,
  namespace: string,
  name = 'compass-runtime-agent',
  signal: AbortSignal,
): Promise<Check> {
  const lacking: AgentRight[] = [];
  for (const right of listNeededRights(namespace)) {
    if (!(await view.mayServiceAccount({ namespace, name }, right, signal))) lacking.push(right);
  }
  return judgeRights(`${namespace}/${name}`, lacking);
}

async function checkConnection(edge: CliEdge, connection: CompassConnection | undefined): Promise<Check[]> {
  if (connection === undefined) {
    const message = 'There is no CompassConnection: the agent has not run yet, or has found no configuration Secret.';
    return [{ name: 'Connection', verdict: 'failed', message, remedy: 'See: ucl-agent logs' }];
  }
  const { connectorUrl, directorUrl } = connection.spec.managementInfo;
  return [
    judgeCertificate(connection, edge.clock()),
    await checkAddress(edge, 'Connector', connectorUrl),
    await checkAddress(edge, 'Director', directorUrl),
  ];
}

async function checkAddress(edge: CliEdge, name: string, text: string): Promise<Check> {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') return { name, verdict: 'unknown', message: 'Its address is not known yet.' };
  const proxies = readProxies(edge.env);
  if (proxies.ok && proxies.choose(url) !== undefined) {
    return { name, verdict: 'unknown', message: 'A proxy stands between this machine and UCL; it was not asked.' };
  }
  return judgeAddress(name, url, await edge.probe(url));
}

const tones = { ok: 'good', warning: 'warning', failed: 'bad', unknown: 'warning' } as const satisfies Record<
  Check['verdict'],
  Tone
>;

function render({ paint }: CliEdge, { name, verdict, message, remedy }: Check): string {
  const head = `${paint(tones[verdict], verdict.padEnd(7))}  ${name}: ${printable(message)}\n`;
  return head + (remedy === undefined ? '' : `         ${printable(remedy)}\n`);
}
