import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { ACCESS_REVIEW_PATH, reviewAccess } from './access-review.ts';
import { answerOpenApi } from './answer-open-api.ts';
import { answerResource, type ResourceBackend } from './answer-resource.ts';
import { ANONYMOUS, authenticate } from './authentication.ts';
import { BUILT_IN_RESOURCES } from './built-in-resources.ts';
import { type DenyRules, refusal } from './deny-rules.ts';
import { answerDiscovery, SERVER_VERSION } from './discovery.ts';
import { type Json, parseJson } from './kube-object.ts';
import { contentTypeOf, negotiate } from './media-type.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf-body.ts';
import { type RequestLog, toKubeRequest } from './request-log.ts';
import { parseRequestTarget, type ResourceTarget } from './request-target.ts';
import type { ResourceCatalog } from './resource-catalog.ts';
import { badRequest, StatusError, tooLarge, unknownResource } from './status-error.ts';

/** What the server is put together from. */
export interface ApiServerParts extends ResourceBackend {
  catalog: ResourceCatalog;
  rules: DenyRules;
  log: RequestLog;
  userOfToken: ReadonlyMap<string, string>;
}

const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
const PUBLIC_PATHS = ['/version', '/healthz', '/livez', '/readyz'];

/** The request handler of the embedded API: who is it, may they, and what do they want? */
export function createApiServer(parts: ApiServerParts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    let target: ResourceTarget | undefined;
    let user = ANONYMOUS;
    try {
      target = parseRequestTarget(request.method ?? 'GET', url);
      user = authenticate(request, parts.userOfToken);
      if (url.pathname === ACCESS_REVIEW_PATH && request.method === 'POST') {
        const review = reviewAccess(
          await readBody(request, contentTypeOf(request.headers['content-type'])),
          parts.rules,
          user,
        );
        sendJson(response, 201, JSON.stringify(review));
      } else if (target === undefined) answerNonResource(parts, request, url, user, response);
      else {
        await answerTarget(parts, { request, url, target, user }, response);
        parts.log.add(toKubeRequest(target, response.statusCode, user));
      }
    } catch (error: unknown) {
      const failure = toStatusError(error);
      if (target !== undefined) parts.log.add(toKubeRequest(target, failure.code, user));
      sendJson(response, failure.code, JSON.stringify(failure.status));
    }
  };
}

function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`);
}

function sendJson(response: ServerResponse, code: number, text: string, headers: Record<string, string> = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

function answerNonResource(
  parts: ApiServerParts,
  request: IncomingMessage,
  url: URL,
  user: string,
  response: ServerResponse,
): void {
  const path = url.pathname === '/' ? '/' : url.pathname.replace(/\/$/, '');
  if (user === ANONYMOUS && !PUBLIC_PATHS.includes(path)) {
    throw new StatusError(403, 'Forbidden', `forbidden: User "${user}" cannot get path "${path}"`, {});
  }
  if (path === '/version') {
    sendJson(response, 200, JSON.stringify(SERVER_VERSION));
    return;
  }
  if (PUBLIC_PATHS.includes(path)) {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
    return;
  }
  if (path.startsWith('/openapi/')) sendOpenApi(parts, request, path, response);
  else sendDiscovery(parts, request, path, response);
}

function sendOpenApi(parts: ApiServerParts, request: IncomingMessage, path: string, response: ServerResponse): void {
  const form = negotiate(request.headers.accept, path === '/openapi/v2' ? ['json', 'protobuf'] : ['json']);
  if (form === 'protobuf') {
    // Older kubectl reads nothing else here. No bytes are a valid document, and what it lacks is not validated.
    response.writeHead(200, { 'content-type': 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' }).end();
    return;
  }
  const document = answerOpenApi(parts.catalog, path);
  if (document === undefined) sendNotFoundPage(response);
  else sendJson(response, 200, JSON.stringify(document));
}

function sendDiscovery(parts: ApiServerParts, request: IncomingMessage, path: string, response: ServerResponse): void {
  const aggregatable = path === '/api' || path === '/apis';
  const form = negotiate(request.headers.accept, aggregatable ? ['aggregated-discovery', 'json'] : ['json']);
  const aggregated = form === 'aggregated-discovery';
  const document = answerDiscovery(parts.catalog, path, aggregated);
  if (document === undefined) {
    sendNotFoundPage(response);
    return;
  }
  const contentType = aggregated
    ? 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    : 'application/json';
  sendJson(response, 200, JSON.stringify(document), { 'content-type': contentType });
}

/** The real server says it in plain text, too, where it knows not even the group. */
function sendNotFoundPage(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
}

interface TargetRequest {
  request: IncomingMessage;
  url: URL;
  target: ResourceTarget;
  user: string;
}

async function answerTarget(
  parts: ApiServerParts,
  { request, url, target, user }: TargetRequest,
  response: ServerResponse,
): Promise<void> {
  const refused = user === ANONYMOUS ? refusal(target, user) : parts.rules.check(target, user);
  if (refused !== undefined) throw refused;
  const type = parts.catalog.find(target.group, target.version, target.resource);
  if (type === undefined) {
    const groupIsBuiltIn = BUILT_IN_RESOURCES.some(({ group }) => group === target.group);
    if (groupIsBuiltIn) throw unknownResource();
    sendNotFoundPage(response);
    return;
  }
  const contentType = contentTypeOf(request.headers['content-type']);
  const form = negotiate(request.headers.accept, ['table', 'json']);
  const body = () => readBody(request, contentType);
  const answer = await answerResource(
    parts,
    { target, type, query: url.searchParams, contentType, form, body },
    response,
  );
  if (answer === undefined) return;
  const warning = answer.warnings.map((message) => `299 - ${JSON.stringify(message)}`).join(', ');
  sendJson(response, answer.code, answer.text, warning === '' ? {} : { warning });
}

/** The parsed body; null where there is none. */
async function readBody(request: IncomingMessage, contentType: string): Promise<Json> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer: Buffer = chunk;
    bytes += buffer.length;
    if (bytes <= BODY_LIMIT_BYTES) chunks.push(buffer);
  }
  // Said only after the last byte: leaving early would take the connection, and with it the answer, away.
  if (bytes > BODY_LIMIT_BYTES) throw tooLarge(BODY_LIMIT_BYTES);
  const raw = Buffer.concat(chunks);
  if (raw.length === 0) return null;
  if (contentType === PROTOBUF) return decodeProtobuf(raw);
  const text = raw.toString('utf8');
  try {
    return contentType.endsWith('yaml') ? parseYamlBody(text) : parseJson(text);
  } catch (error: unknown) {
    throw badRequest(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : ''}`);
  }
}

function parseYamlBody(text: string): Json {
  const value: Json = parseYaml(text);
  return value;
}
