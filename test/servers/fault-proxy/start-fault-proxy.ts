import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createCertificateAuthority, loopback } from '../../data/builders/create-certificate-authority.ts';
import type { CertifiedKey } from '../../data/builders/key-pairs.ts';
import { type KubeconfigAccess, readKubeconfig, writeKubeconfig } from '../kube-api/kubeconfig.ts';
import { createRequestLog, type KubeRequests, type RequestLog, toKubeRequest } from '../kube-api/request-log.ts';
import { parseRequestTarget } from '../kube-api/request-target.ts';
import { unauthorized } from '../kube-api/status-error.ts';
import { type FaultEffect, FaultList, type Faults, type ProxiedRequest, toFaultStatus } from './fault-list.ts';

/** A proxy in front of a Kubernetes API, and the faults it injects. */
export interface FaultProxy {
  /** A temporary file; requests made with it pass through the proxy. In the place of a server it has no user. */
  kubeconfigFile: string;
  faults: Faults;
  /** Every connection that is open now goes silent for good, without a reset; new ones work. */
  freezeStreams(): void;
  /** Resets every connection that is open now. */
  dropConnections(): void;
  /** What arrived at the proxy. `status` is what the client got, 0 where that was nothing. */
  requests: KubeRequests;
  /** Reads the credentials of the target again. */
  reload(): Promise<void>;
  /** What has no whole answer yet: it may have its effect already, and is not in `requests`. */
  readonly underWay: ReadonlySet<ProxiedRequest>;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Of the target, with the credentials of the one user that the proxy stands for. */
  kubeconfigFile: string;
  /** Of the kubeconfig only the address counts then: clients bring tokens of their own, which are passed on. */
  inPlaceOf?: ServerPlace;
}

/** Where clients look for the server that the proxy stands in for, which lets others listen there too (`SO_REUSEPORT`). */
export interface ServerPlace {
  address: string;
  port: number;
  /** By which clients know the server. */
  certificate: CertifiedKey;
}

const USER = 'fault-proxy';
// These belong to one connection, not to the request.
const HOP_HEADERS = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host', 'authorization'];

/**
 * Starts a proxy with its own throwaway CA in front of any Kubernetes API. TLS ends here, so a client certificate
 * cannot pass through: the proxy speaks to the target with the credentials of the given kubeconfig, and takes requests
 * from the holder of the token in the kubeconfig that it writes. One proxy therefore stands for one user, unless it
 * takes the server's own place.
 */
export async function startFaultProxy(target: FaultProxyOptions): Promise<FaultProxy> {
  const { inPlaceOf } = target;
  const access = await readKubeconfig(target.kubeconfigFile);
  const { ca, cert, key } = inPlaceOf === undefined ? access : { ca: access.ca };
  const agent = new Agent({ keepAlive: true, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  const faults = new FaultList();
  const log = createRequestLog();
  const token = inPlaceOf === undefined ? randomBytes(24).toString('base64url') : undefined;
  const frozen = new WeakSet<Socket>();
  const sockets = new Set<Socket>();

  const proxyCa = await createCertificateAuthority({ name: 'CN=fault-proxy-ca' });
  const underWay = new Set<ProxiedRequest>();
  const parts: ProxyParts = { access, agent, faults, log, token, frozen, underWay };
  const server = createServer(inPlaceOf?.certificate ?? (await proxyCa.issue(loopback)), (request, response) => {
    // What goes wrong on the way to the target reaches the client as a cut connection.
    relay(parts, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 5 * 60 * 1000;
  server.requestTimeout = 0;
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const dropConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  const host = inPlaceOf?.address ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: inPlaceOf?.port ?? 0, reusePort: inPlaceOf !== undefined }, resolve);
  });

  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'fault-proxy-'));
  const kubeconfigFile = join(folder, 'kubeconfig');
  await writeKubeconfig(kubeconfigFile, { url: `https://${host}:${port}`, ca: proxyCa.cert }, { token: token ?? '' });
  return {
    kubeconfigFile,
    faults,
    requests: log,
    underWay,
    dropConnections,
    async reload() {
      parts.access = await readKubeconfig(target.kubeconfigFile);
    },
    freezeStreams() {
      for (const socket of sockets) frozen.add(socket);
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropConnections();
      agent.destroy();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ProxyParts {
  access: KubeconfigAccess;
  agent: Agent;
  faults: FaultList;
  log: RequestLog;
  /** The only one that is let in, in the place of which the target gets the proxy's own; undefined: each is passed on. */
  token: string | undefined;
  /** Connections that no longer get anything. */
  frozen: WeakSet<Socket>;
  underWay: Set<ProxiedRequest>;
}

async function relay(parts: ProxyParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (parts.frozen.has(request.socket)) return;
  if (parts.token !== undefined && request.headers.authorization !== `Bearer ${parts.token}`) {
    const refused = unauthorized();
    sendJson(response, refused.code, refused.status, {});
    return;
  }
  const { method = 'GET', url = '/' } = request;
  const resource = parseRequestTarget(method, new URL(url, parts.access.url));
  const at = new Date();
  const note = (status: number) => {
    if (resource !== undefined) parts.log.add(toKubeRequest(resource, status, USER, at));
  };
  const { version: _, ...described } = resource ?? { version: '', verb: method.toLowerCase() };
  const seen: ProxiedRequest = { method, path: url, ...described };
  parts.underWay.add(seen);
  response.once('close', () => parts.underWay.delete(seen));
  const { delayMs, end } = parts.faults.strike(seen);
  if (delayMs > 0) await wait(delayMs);
  if (end === undefined) forward(parts, request, response, note);
  else if ('cutReply' in end) await swallowReply(parts, request, note, end.cutReply);
  else {
    note('status' in end ? end.status : 0);
    endWith(end, request, response);
  }
}

function endWith(
  effect: Exclude<FaultEffect, { delayMs: number } | { cutReply: unknown }>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if ('cut' in effect) request.socket.destroy();
  else if ('status' in effect) {
    sendJson(response, effect.status, effect.body ?? toFaultStatus(effect.status), effect.headers ?? {});
  }
}

function sendJson(
  response: ServerResponse,
  code: number,
  body: object | string,
  headers: Record<string, string>,
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(text);
}

/** The target does what it is asked; who asks is cut off, and told nothing of it. */
async function swallowReply(
  parts: ProxyParts,
  request: IncomingMessage,
  note: (status: number) => void,
  onReply: () => void | Promise<void>,
): Promise<void> {
  const outgoing = toTarget(parts, request);
  const replied = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('error', reject).once('response', resolve);
  });
  request.pipe(outgoing);
  const incoming = await replied;
  note(0);
  incoming.resume();
  await onReply();
  request.socket.destroy();
}

function toTarget({ access, agent, token }: ProxyParts, request: IncomingMessage): ClientRequest {
  const headers: OutgoingHttpHeaders = withoutHopHeaders(request.headers);
  const authorization = token === undefined ? request.headers.authorization : toBearer(access.token);
  if (authorization !== undefined) headers.authorization = authorization;
  return httpsRequest(new URL(request.url ?? '/', access.url), { method: request.method, headers, agent });
}

function toBearer(token: string | undefined): string | undefined {
  return token && `Bearer ${token}`;
}

function forward(
  parts: ProxyParts,
  request: IncomingMessage,
  response: ServerResponse,
  note: (status: number) => void,
): void {
  const outgoing = toTarget(parts, request);
  const isFrozen = () => parts.frozen.has(request.socket);
  const cut = () => {
    if (!isFrozen()) response.destroy();
  };
  outgoing.once('error', () => {
    if (!response.headersSent) note(0);
    cut();
  });
  outgoing.once('response', (incoming) => {
    const status = incoming.statusCode ?? 0;
    note(isFrozen() ? 0 : status);
    incoming.once('error', cut);
    if (isFrozen()) return;
    response.writeHead(status, withoutHopHeaders(incoming.headers));
    response.flushHeaders();
    // No pipe: a frozen client must see neither the data nor the end.
    incoming.on('data', (chunk: Buffer) => {
      if (!isFrozen()) response.write(chunk);
    });
    incoming.once('end', () => {
      if (!isFrozen()) response.end();
    });
  });
  response.once('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

function withoutHopHeaders(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)));
}
