import { isSuspended } from '../domain/is-suspended.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { tellNoConnection } from './tell-no-connection.ts';

/** Suspends the connection or resumes it, in the form that the cluster's CRD has; gives the exit code. */
export async function setSuspended({ edge, choose }: CommandContext, wanted: boolean): Promise<number> {
  const { connection: store } = await edge.openCluster(choose());
  const connection = await store.read(edge.signal);
  if (connection === undefined) return tellNoConnection(edge);
  const before = isSuspended(connection);
  if (before !== wanted) await store.update({ spec: { suspend: wanted } }, edge.signal);
  edge.stdout(describe(wanted, before === wanted));
  return exitCodes.ok;
}

function describe(wanted: boolean, wasSo: boolean): string {
  const already = wasSo ? ' already' : '';
  return wanted
    ? `Suspended${already}. Everything in the cluster stays as it is; the certificate is not renewed meanwhile.\n`
    : wasSo
      ? 'Not suspended; there is nothing to resume.\n'
      : 'Resumed. The agent reads UCL at once.\n';
}
