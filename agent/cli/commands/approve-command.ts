import { Command } from 'commander';
import { annotations } from '../../domain/annotations.ts';
import type { CompassConnection } from '../../domain/connection.ts';
import { isSuspended } from '../../domain/is-suspended.ts';
import { readApprovedIds } from '../../domain/read-approved-ids.ts';
import { toCount } from '../../domain/to-count.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { type HeldRemoval, listHolds } from '../list-holds.ts';
import { renderHolds } from '../render-holds.ts';
import { tellNoConnection } from '../tell-no-connection.ts';

export function approveCommand(context: CommandContext): Command {
  return new Command('approve')
    .description('remove the Applications of a held removal now')
    .argument('[hold-id]', 'which removal, if several are held')
    .action(async (id?: string) => context.finish(await approve(context, id)));
}

async function approve({ edge, choose }: CommandContext, id: string | undefined): Promise<number> {
  const { connection: store } = await edge.openCluster(choose());
  const connection = await store.read(edge.signal);
  if (connection === undefined) return tellNoConnection(edge);
  const holds = listHolds(connection);
  if (holds.length === 0) {
    edge.stderr('No removal is held; there is nothing to approve.\n');
    return exitCodes.notReady;
  }
  const chosen = id === undefined ? only(holds) : holds.find((hold) => hold.id === id);
  const list = renderHolds(holds, edge.clock());
  if (chosen === undefined) {
    const problem =
      id === undefined
        ? 'Several removals are held; name the one to approve by its id.'
        : `No held removal has the id ${JSON.stringify(id)}.`;
    edge.stderr(`${problem}\n\n${list}`);
    return exitCodes.unusable;
  }
  await store.update(
    { annotations: { [annotations.pruneApproved]: addApproval(connection, chosen, holds) } },
    edge.signal,
  );
  edge.stdout(`${list}\n${describe(chosen, isSuspended(connection))}\n`);
  return exitCodes.ok;
}

function only(holds: readonly HeldRemoval[]): HeldRemoval | undefined {
  return holds.length === 1 ? holds[0] : undefined;
}

/** Approvals of other holds stay; those of holds that are over go. */
function addApproval(connection: CompassConnection, { id }: HeldRemoval, holds: readonly HeldRemoval[]): string {
  const good = readApprovedIds(connection).filter((text) => text !== id && holds.some((hold) => hold.id === text));
  return [...good, id].join(',');
}

function describe({ id, count }: HeldRemoval, suspended: boolean): string {
  const what = `Approved ${id}: ${toCount(count)} ${count === 1 ? 'goes' : 'go'}`;
  return suspended ? `${what} once the connection is resumed.` : `${what} with the agent's next run, within seconds.`;
}
