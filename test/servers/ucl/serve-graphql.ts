import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { ClientCertificate } from './client-certificate.ts';
import { executeRequest } from './execute-request.ts';
import type { FaultEffect, Faults } from './faults.ts';
import type { Dialect } from './graphql-dialect.ts';
import type { Landscape } from './landscape.ts';
import type { Endpoint, LoggedRequest, RequestLog } from './request-log.ts';
import { type HttpAnswer, readBody, readWireRequest, type WireRequest } from './wire-request.ts';

/** A request as the part that authenticates it sees it. */
export interface Credentials {
  readonly certificate?: ClientCertificate;
  readonly oneTimeToken?: string;
  readonly tenant?: string;
}

/** One GraphQL endpoint: a schema, its wording of errors, and who may call it. */
export interface Service<Context> {
  readonly endpoint: Endpoint;
  readonly schema: GraphQLSchema;
  readonly dialect: Dialect;
  /** Who calls, as the context of the execution, or the answer that refuses the call. */
  authenticate(credentials: Credentials, request: WireRequest): { context: Context } | { refusal: HttpAnswer };
}

/** What all endpoints share. */
export interface Surroundings {
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly landscape: Landscape;
  readonly clock: () => Date;
  readonly mode: 'gateway' | 'bare';
}

/** Answers one HTTP request: faults first, then the identity, then the GraphQL. */
export async function serveGraphQL<Context>(
  message: IncomingMessage,
  response: ServerResponse,
  service: Service<Context>,
  certificate: ClientCertificate | undefined,
  surroundings: Surroundings,
): Promise<void> {
  const url = new URL(message.url ?? '/', 'https://127.0.0.1');
  const wire = { method: message.method ?? '', url, contentType: header(message, 'content-type') ?? '' };
  const body = await readBody(message);
  const request = readWireRequest({ ...wire, body }, service.dialect, surroundings.mode);
  const credentials = readCredentials(message, url, certificate);
  const isLook = service.endpoint === 'connector-token' && credentials.oneTimeToken === undefined;
  const endpoint = isLook ? 'connector-look' : service.endpoint;
  const log = (status: number, bytes: number) =>
    surroundings.requests.add(toLogged(message, endpoint, request, credentials, surroundings, status, bytes));

  const effects = surroundings.faults.take(endpoint, request.rootFields, request);
  const before = await applyBefore(effects, surroundings.landscape);
  if (before === 'cut') {
    log(0, 0);
    message.socket.destroy();
    return;
  }
  if (before === 'hang') {
    log(0, 0);
    return;
  }
  const isKnown = !effects.some((effect) => 'loseIdentity' in effect);
  const answer = before ?? (await answerRequest(service, isKnown ? credentials : {}, request));
  await send(response, await rewritten(answer, effects), effects, log);
}

async function answerRequest<Context>(
  service: Service<Context>,
  credentials: Credentials,
  request: WireRequest,
): Promise<HttpAnswer> {
  const outcome = service.authenticate(credentials, request);
  if ('refusal' in outcome) return outcome.refusal;
  return executeRequest(request, service.schema, service.dialect, outcome.context);
}

/** The answer of the gateway for a path that it has no rule for, or of a bare service. */
export function sendUnknownPath(response: ServerResponse, mode: 'gateway' | 'bare'): void {
  if (mode === 'bare') {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('404 page not found\n');
    return;
  }
  const error = {
    code: 404,
    status: 'Not Found',
    request: randomUUID(),
    message: 'The requested resource could not be found',
  };
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
}

async function applyBefore(
  effects: readonly FaultEffect[],
  landscape: Landscape,
): Promise<'cut' | 'hang' | HttpAnswer | undefined> {
  for (const effect of effects) {
    if ('refuse' in effect) return 'cut';
    if ('hang' in effect) return 'hang';
    if ('latencyMs' in effect) await delay(effect.latencyMs);
    if ('movingLandscape' in effect) effect.movingLandscape(landscape);
    if ('status' in effect) {
      return { status: effect.status, headers: effect.headers ?? {}, text: effect.body ?? '' };
    }
  }
  return undefined;
}

async function rewritten(answer: HttpAnswer, effects: readonly FaultEffect[]): Promise<HttpAnswer> {
  let { json } = answer;
  if (typeof json !== 'object' || json === null) return answer;
  for (const effect of effects) {
    if ('rewrite' in effect && typeof json === 'object' && json !== null) json = await effect.rewrite(json);
  }
  return { ...answer, json };
}

async function send(
  response: ServerResponse,
  answer: HttpAnswer,
  effects: readonly FaultEffect[],
  log: (status: number, bytes: number) => void,
): Promise<void> {
  const cut = effects.find((effect) => 'cutReply' in effect);
  if (cut !== undefined) {
    log(0, 0);
    if (cut.cutReply !== true) await cut.cutReply();
    response.socket?.destroy();
    return;
  }
  const text = answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json);
  let body: Buffer = Buffer.from(text);
  for (const effect of effects) if ('rewriteBytes' in effect) body = effect.rewriteBytes(body);
  const bytes = body.length;
  const truncation = effects.find((effect) => 'truncateBody' in effect);
  const stall = effects.find((effect) => 'stallBody' in effect);
  // The gateway names a character set only where it has nothing to say.
  const contentType = bytes === 0 ? 'application/json;charset=UTF-8' : 'application/json';
  response.writeHead(answer.status, { 'content-type': contentType, 'content-length': bytes, ...answer.headers });
  log(answer.status, bytes);
  if (stall !== undefined) {
    response.write(body.subarray(0, stall.stallBody));
    return;
  }
  if (truncation === undefined) {
    response.end(body);
    return;
  }
  const part = body.subarray(0, truncation.truncateBody);
  await new Promise<void>((resolve) => response.write(part, () => resolve()));
  // Ends with a proper FIN, so that the client has the part before it learns that the rest is missing.
  response.socket?.end();
}

function readCredentials(message: IncomingMessage, url: URL, certificate: ClientCertificate | undefined): Credentials {
  const oneTimeToken = header(message, 'connector-token') ?? url.searchParams.get('token') ?? undefined;
  const tenant = header(message, 'tenant');
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(oneTimeToken === undefined ? {} : { oneTimeToken }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

function header(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function toLogged(
  message: IncomingMessage,
  endpoint: Endpoint,
  request: WireRequest,
  credentials: Credentials,
  surroundings: Surroundings,
  status: number,
  bytes: number,
): LoggedRequest {
  const operation = request.rootFields.find((name) => name !== 'viewer') ?? request.rootFields[0];
  const requestId = header(message, 'x-request-id');
  const { tenant, certificate } = credentials;
  return {
    at: surroundings.clock(),
    endpoint,
    operations: request.rootFields,
    status,
    bytes,
    ...(operation === undefined ? {} : { operation }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(certificate === undefined ? {} : { clientCertificateFingerprint: certificate.fingerprint }),
  };
}
