import type { CompassConnection } from '../domain/connection.ts';
import { isAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';
import type { CliEdge } from './cli-edge.ts';
import { exitCodes } from './exit-codes.ts';
import { tellNoConnection } from './tell-no-connection.ts';
import { toExitCode } from './to-exit-code.ts';
import { type ConnectionView, viewConnection } from './view-connection.ts';

const pollMs = 2_000;
/** On a terminal the page is drawn again so often although nothing changed: what it says of times gets old. */
const redrawMs = 10_000;

type WatchEdge = Pick<CliEdge, 'stdout' | 'stderr' | 'isTerminal' | 'clock' | 'delay' | 'signal'>;

/**
 * Shows the connection, and again whenever it has changed, until the person ends it; gives the exit code of what was shown
 * last. A terminal keeps one page, elsewhere one comes after the other. Throws AgentError where the first read fails; a later one is told and tried again.
 */
export async function watchConnection(edge: WatchEdge, store: ConnectionStore, view: ConnectionView): Promise<number> {
  const { signal } = edge;
  let shown: { readonly version: string; readonly at: number } | undefined;
  let exitCode: number = exitCodes.notReady;
  let problem = '';
  while (!signal.aborted) {
    try {
      const connection = await store.read(signal);
      problem = '';
      const now = edge.clock();
      const version = toVersion(connection);
      if (isDue(edge, shown, version, now)) {
        exitCode = show(edge, connection, now, view, shown === undefined);
        shown = { version, at: now.getTime() };
      }
    } catch (error: unknown) {
      if (signal.aborted) break;
      if (!isAgentError(error) || shown === undefined) throw error;
      const text = `${explain(error)} What is shown may be old.\n`;
      if (text !== problem) edge.stderr(text);
      problem = text;
    }
    await edge.delay(pollMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  return exitCode;
}

/** Two objects of the same name have different uids. */
function toVersion(connection: CompassConnection | undefined): string {
  const { uid, resourceVersion } = connection?.metadata ?? {};
  return connection === undefined ? 'none' : `${uid}/${resourceVersion}`;
}

function isDue(
  { isTerminal }: WatchEdge,
  shown: { readonly version: string; readonly at: number } | undefined,
  version: string,
  now: Date,
): boolean {
  if (shown === undefined || shown.version !== version) return true;
  return isTerminal && now.getTime() - shown.at >= redrawMs;
}

function show(
  edge: WatchEdge,
  connection: CompassConnection | undefined,
  now: Date,
  view: ConnectionView,
  isFirst: boolean,
): number {
  const clear = edge.isTerminal ? clearScreen : '';
  if (connection === undefined) {
    edge.stdout(clear);
    return tellNoConnection(edge);
  }
  const { text, report } = viewConnection(connection, now, view);
  edge.stdout(clear + (edge.isTerminal || isFirst ? '' : toSeparator(view)) + text);
  return toExitCode(report);
}

/** Between documents; JSON needs none. */
function toSeparator({ format }: ConnectionView): string {
  return format === 'json' ? '' : format === 'yaml' ? '---\n' : '\n';
}

/** Moves the cursor home and clears what is below and what has scrolled away (ECMA-48: CUP, ED). */
const clearScreen = '\u001b[H\u001b[2J\u001b[3J';
