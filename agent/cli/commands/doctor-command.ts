import { Command, Option } from 'commander';
import { toShownJson } from '../../domain/to-shown-text.ts';
import type { Check } from '../check.ts';
import { checkGateway } from '../check-gateway.ts';
import { checkAsAgent, checkUcl } from '../check-ucl.ts';
import type { CliEdge, Tone } from '../cli-edge.ts';
import type { AgentRight, ClusterView, PodFacts } from '../cluster-view.ts';
import type { CommandContext } from '../command-context.ts';
import { judgeClock, judgeConfiguration, judgeConnection, judgeCrd, judgePods, judgeRights } from '../diagnose.ts';
import { exitCodes } from '../exit-codes.ts';
import { namespaceOption } from '../namespace-option.ts';
import { printable } from '../render-table.ts';
import { toShownYaml } from '../to-shown-yaml.ts';
import { unlessRefused } from '../unless-refused.ts';

interface DoctorOptions {
  output: (typeof formats)[number];
  namespace: string;
  here?: boolean;
}

const formats = ['text', 'json', 'yaml'] as const;

export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .description('check everything that the agent needs, and say what to do; exit code 1 if anything failed')
    .addOption(new Option('-o, --output <format>', 'output format').choices(formats).default('text'))
    .addOption(namespaceOption('namespace of the agent'))
    .addOption(new Option('--here', "check here what otherwise the agent's pod checks: its settings, and UCL"))
    .action(async (options: DoctorOptions) => context.finish(await examine(context, options)));
}

async function examine(
  { edge, choose }: CommandContext,
  { output, namespace, here = false }: DoctorOptions,
): Promise<number> {
  const choice = choose();
  const view = await edge.openCluster(choice);
  const checks = here
    ? await checkAsAgent(edge, view, choice)
    : [...(await listChecks(edge, view, namespace)), ...(await checkUcl(edge, view, choice, namespace))];
  edge.stdout(format(edge, checks, output));
  return checks.some(({ verdict }) => verdict === 'failed') ? exitCodes.notReady : exitCodes.ok;
}

function format(edge: CliEdge, checks: readonly Check[], output: DoctorOptions['output']): string {
  switch (output) {
    case 'json':
      return `${toShownJson({ checks }, 2)}\n`;
    case 'yaml':
      return toShownYaml({ checks });
    case 'text':
      return checks.map((one) => render(edge, one)).join('');
  }
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
  await add('Gateway', () => checkGateway(view, pods[0]?.gatewayUrl, signal));
  await add('Clock', async () => judgeClock(await view.readClockDifference(signal)));
  await add('Connection', async () => judgeConnection(await view.connection.read(signal), edge.clock()));
  return checks;
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

const tones = { ok: 'good', warning: 'warning', failed: 'bad', unknown: 'warning' } as const satisfies Record<
  Check['verdict'],
  Tone
>;

function render({ paint }: CliEdge, { name, verdict, message, remedy }: Check): string {
  const head = `${paint(tones[verdict], verdict.padEnd(7))}  ${name}: ${printable(message)}\n`;
  return head + (remedy === undefined ? '' : `         ${printable(remedy)}\n`);
}
