import { Writable } from 'node:stream';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Exec } from '@kubernetes/client-node/dist/exec.js';
import { WebSocketHandler } from '@kubernetes/client-node/dist/web-socket-handler.js';
import type { CommandResult } from '../../cli/cluster-view.ts';
import { classifyAnswer, classifyNetworkError } from './classify-answer.ts';
import type { KubeTransport } from './create-kube-transport.ts';
import { KubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';
import { isRecord } from './kube-object.ts';
import { podType } from './resource-type.ts';
import type { ClusterAccess } from './take-access.ts';

export interface PodCommandRequest {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly command: readonly string[];
}

/** Far more than any command of the agent prints. */
const maxOutputBytes = 64 * 2 ** 20;

/**
 * Runs a command in a container, without input, to its end. What it prints is kept in memory. Everything but an abort
 * throws a KubeError, `unreachable` with a code where it broke off.
 */
export async function runInPod(
  transport: Pick<KubeTransport, 'server' | 'proxy' | 'access'>,
  { namespace, name, container, command }: PodCommandRequest,
  signal: AbortSignal,
): Promise<CommandResult> {
  // With sockets the API server asks for `create` since 1.35, and for `get` before.
  const attempt: Attempt = { verb: 'create', type: podType, subresource: 'exec', namespace, name };
  const toFailure = (error: unknown) =>
    error instanceof KubeError ? error : new KubeError(toKubeFailure(attempt, transport, error));
  const config = new AccessConfig(await transport.access(signal));
  const stdout = new TextSink();
  const stderr = new TextSink();
  const { promise: ended, resolve, reject } = Promise.withResolvers<unknown>();
  // Whoever waits for the connection does not wait for the end yet.
  ended.catch(() => undefined);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  for (const sink of [stdout, stderr]) sink.on('error', reject);
  const exec = new Exec(config, new WebSocketHandler(config));
  const opening = exec.exec(namespace, name, container, [...command], stdout, stderr, null, false, resolve);
  try {
    signal.throwIfAborted();
    await Promise.race([
      opening.then((socket) => socket.on('close', () => reject(new BrokenOffError('ECONNRESET')))),
      ended,
    ]);
    return { exitCode: toExitCode(await ended), stdout: stdout.text(), stderr: stderr.text() };
  } catch (error: unknown) {
    signal.throwIfAborted();
    throw toFailure(error);
  } finally {
    signal.removeEventListener('abort', abort);
    opening.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}

/** The way that everything else takes, for client-node's sockets. */
class AccessConfig extends KubeConfig {
  readonly #access: ClusterAccess;

  constructor(access: ClusterAccess) {
    super();
    this.#access = access;
    const { protocol, href } = access.server;
    this.loadFromClusterAndUser(
      { name: 'cluster', server: href.replace(/\/$/, ''), skipTLSVerify: protocol === 'http:' },
      { name: 'user' },
    );
  }

  override async applyToHTTPSOptions(options: object): Promise<void> {
    Object.assign(options, { headers: this.#access.headers, agent: this.#access.openAgent(false) });
  }
}

class BrokenOffError extends Error {
  readonly code: string;

  constructor(code: string) {
    super('The command broke off');
    this.code = code;
  }
}

/** Keeps what is written to it. */
class TextSink extends Writable {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxOutputBytes) {
      done(new BrokenOffError('EFBIG'));
      return;
    }
    this.#chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** A handshake that was refused is told by its status alone. */
function toKubeFailure(attempt: Attempt, transport: Pick<KubeTransport, 'server' | 'proxy'>, event: unknown) {
  const message = isRecord(event) && typeof event.message === 'string' ? event.message : '';
  const status = /^Unexpected server response: (\d{3})$/.exec(message)?.[1];
  if (status !== undefined) {
    return classifyAnswer(attempt, { status: Number(status), text: '', retryAfterMs: undefined });
  }
  const error: unknown = isRecord(event) && event.error instanceof Error ? event.error : event;
  return classifyNetworkError(attempt, transport, error);
}

/** Of the Status that the kubelet gives at the end: a failure names its code among its causes. */
function toExitCode(status: unknown): number {
  if (!isRecord(status) || status.status === 'Success') return 0;
  const causes = isRecord(status.details) && Array.isArray(status.details.causes) ? status.details.causes : [];
  const cause: unknown = causes.find((each: unknown) => isRecord(each) && each.reason === 'ExitCode');
  const code = isRecord(cause) ? Number(cause.message) : Number.NaN;
  // Not started at all: as a shell tells it.
  return Number.isInteger(code) ? code : 126;
}
