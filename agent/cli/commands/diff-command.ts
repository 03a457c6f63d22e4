import { Command, Option } from 'commander';
import { toShownJson } from '../../domain/to-shown-text.ts';
import { AgentError } from '../../errors/agent-error.ts';
import { type Foresight, foresightSchema } from '../../sync/foresight.ts';
import { askAgentPod } from '../ask-agent-pod.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { hereOption } from '../here-option.ts';
import { namespaceOption } from '../namespace-option.ts';
import { renderForesight } from '../render-foresight.ts';
import { toShownYaml } from '../to-shown-yaml.ts';

const formats = ['text', 'json', 'yaml'] as const;

interface DiffOptions {
  output: (typeof formats)[number];
  namespace: string;
  here?: boolean;
}

export function diffCommand(context: CommandContext): Command {
  return new Command('diff')
    .description('show what the next synchronization would change, and why; exit code 1 if there is anything')
    .addOption(new Option('-o, --output <format>', 'output format').choices(formats).default('text'))
    .addOption(namespaceOption('namespace of the agent'))
    .addOption(hereOption())
    .action(async (options: DiffOptions) => context.finish(await showDifference(context, options)));
}

async function showDifference(context: CommandContext, options: DiffOptions): Promise<number> {
  const { stdout, paint, clock } = context.edge;
  const foresight = await foresee(context, options);
  switch (options.output) {
    case 'json':
      stdout(`${toShownJson(foresight, 2)}\n`);
      break;
    case 'yaml':
      stdout(toShownYaml(foresight));
      break;
    case 'text':
      stdout(renderForesight(foresight, clock(), paint));
  }
  const { changes, held, labels } = foresight;
  return changes.length + held.length + labels.length > 0 ? exitCodes.differs : exitCodes.ok;
}

async function foresee({ edge, choose }: CommandContext, { namespace, here = false }: DiffOptions): Promise<Foresight> {
  const { signal } = edge;
  const choice = choose();
  const view = await edge.openCluster(choice);
  if (here || view.isServiceAccount) {
    const agent = await edge.openAgentSide(choice);
    try {
      return await agent.foresee(signal);
    } finally {
      agent.close();
    }
  }
  const document = await askAgentPod(view, namespace, ['diff', '--here', '--output', 'json'], signal);
  const { data } = foresightSchema.safeParse(document);
  if (data !== undefined) return data;
  throw new AgentError('InvalidAnswer', "What the agent's pod answered is not what this program understands", {
    next: 'stall',
    remedy: 'Use the program of the same version as the agent: ucl-agent --version tells each.',
  });
}
