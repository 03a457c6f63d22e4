import { Command } from 'commander';
import type { ApplicationResource } from '../../domain/resources.ts';
import { isAgentError } from '../../errors/agent-error.ts';
import { explain } from '../../errors/explain.ts';
import type { ClusterView, SecretFacts } from '../cluster-view.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { findSystems, type SystemFacts } from '../find-systems.ts';
import { namespaceOption } from '../namespace-option.ts';
import { renderSystem, type SecretLine } from '../render-system.ts';
import { printable } from '../render-table.ts';

export function explainCommand(context: CommandContext): Command {
  return new Command('explain')
    .description('show what the cluster knows of one system: its Application and Secrets, and what is wrong with it')
    .argument('<system>', "name of the Application, or UCL's name or id of the system")
    .addOption(namespaceOption('namespace of the Secrets of Applications'))
    .action(async (system: string, { namespace }: { namespace: string }) =>
      context.finish(await explainSystem(context, system, namespace)),
    );
}

/** What a person may not read is told beside what they may. */
async function explainSystem({ edge, choose }: CommandContext, asked: string, namespace: string): Promise<number> {
  const { signal } = edge;
  const view = await edge.openCluster(choose());
  const missing = new Set<string>();
  const allow: Allow = (read) => unlessForbidden(read, (problem) => missing.add(problem));
  const connection = (await allow(view.connection.read(signal)))?.value;
  const list = (await allow(view.listApplications(signal)))?.value;
  const applications = list ?? (await allow(readOne(view, asked, signal)))?.value ?? [];
  const systems = findSystems(asked, applications, connection);
  for (const [index, system] of systems.entries()) {
    const secrets = await lookAtSecrets(system, (name) => allow(view.readSecret({ namespace, name }, signal)));
    edge.stdout((index === 0 ? '' : '\n') + renderSystem(system, { namespace, secrets }, edge.clock(), edge.paint));
  }
  for (const problem of missing) edge.stderr(`${problem}\n`);
  if (systems.length > 0) return exitCodes.ok;
  if (missing.size > 0) return exitCodes.unusable;
  edge.stderr(
    `There is no Application for ${printable(JSON.stringify(asked))} in this cluster, and the status names no such system. If it is in UCL, it is in no formation with this runtime, or was assigned after the last synchronization.\n`,
  );
  return exitCodes.notReady;
}

async function readOne(view: ClusterView, name: string, signal: AbortSignal): Promise<ApplicationResource[]> {
  const application = await view.readApplication(name, signal);
  return application === undefined ? [] : [application];
}

/** undefined: forbidden. */
type Allow = <T>(read: Promise<T>) => Promise<{ readonly value: T } | undefined>;

async function unlessForbidden<T>(
  read: Promise<T>,
  note: (problem: string) => void,
): Promise<{ readonly value: T } | undefined> {
  try {
    return { value: await read };
  } catch (error: unknown) {
    if (!isAgentError(error, 'PermissionMissing')) throw error;
    note(explain(error));
    return undefined;
  }
}

/** What is forbidden of one Secret is so of all: it is asked for once. */
async function lookAtSecrets(
  { application }: SystemFacts,
  read: (name: string) => Promise<{ readonly value: SecretFacts | undefined } | undefined>,
): Promise<SecretLine[]> {
  const lines: SecretLine[] = [];
  for (const name of listSecretNames(application)) {
    const known = lines.at(-1)?.state === 'unknown' ? undefined : await read(name);
    if (known === undefined) lines.push({ name, state: 'unknown' });
    else lines.push(known.value === undefined ? { name, state: 'missing' } : { name, state: 'there' });
  }
  return lines;
}

function listSecretNames(application: ApplicationResource | undefined): Set<string> {
  const entries = (application?.spec.services ?? []).flatMap((service) => service.entries);
  const names = entries
    .flatMap((entry) => [entry.credentials?.secretName, entry.requestParametersSecretName])
    .flatMap((name) => name ?? []);
  return new Set(names.filter((name) => name !== ''));
}
