import { applicationBundles, viewer } from '../../graphql/director.generated.ts';
import type { GraphqlDocument } from '../../graphql/graphql-document.ts';
import { AgentError, isAgentError } from '../errors/agent-error.ts';
import { hasGraphqlErrors, hasStatus } from './compass-error.ts';
import type { GraphqlAnswer, GraphqlTransport } from './graphql-transport.ts';
import { type NestedPage, parseApplicationBundles, parseViewer, type WireBundle } from './parse-director.ts';
import type { Parsed } from './parse-with.ts';
import { ListMoved, type Page } from './read-to-end.ts';
import { toSafeMessage } from './to-safe-message.ts';
import type { WireError } from './wire-failure.ts';

/** What every request for the landscape needs. */
export interface DirectorAccess {
  readonly transport: GraphqlTransport;
  readonly runtimeId: string;
  readonly nestedPageSize: number;
}

/** Throws `RuntimeMismatch` unless the answer comes with this runtime as its viewer (a certificate may read any). */
export function checkViewer(access: DirectorAccess, operation: string, data: unknown): void {
  const { id, type } = requireShape(access, operation, parseViewer(data));
  if (id.toLowerCase() === access.runtimeId.toLowerCase() && type === 'RUNTIME') return;
  const who = toSafeMessage(`${type.toLowerCase()} ${id}`, undefined);
  throw new AgentError('RuntimeMismatch', `The certificate belongs to ${who}, but RUNTIME_ID is ${access.runtimeId}`, {
    next: 'wait',
    remedy:
      'Nothing was applied. Correct RUNTIME_ID in the configuration Secret, or put a one-time token of that runtime into it.',
    details: { operation, host: access.transport.host },
  });
}

/** Asks whom Director takes us for. */
export async function proveIdentity(access: DirectorAccess, signal: AbortSignal): Promise<void> {
  const answer = await access.transport.send(viewer, {}, signal);
  if (answer.errors.length > 0) throw errorsOf(access, viewer.operation, answer.errors);
  checkViewer(access, viewer.operation, answer.data);
}

/** A further page of a system's bundles, read once more without the input schemas where one of them breaks the answer. */
export async function fetchBundles(
  access: DirectorAccess,
  position: { applicationId: string; after: string; first: number },
  signal: AbortSignal,
): Promise<Page<WireBundle>> {
  const answer = await sendWithoutBreakingSchema(access, signal, applicationBundles, (withInputSchema) => ({
    nestedFirst: access.nestedPageSize,
    ...position,
    withInputSchema,
  }));
  return readNested(access, applicationBundles.operation, answer, parseApplicationBundles);
}

/** Sends one request for a further page of a nested list; its errors concern the one system it asks about. */
export async function fetchNested<T, Result, Variables extends object>(
  access: DirectorAccess,
  document: GraphqlDocument<Result, Variables>,
  variables: Variables,
  parse: (data: unknown) => NestedPage<T>,
  signal: AbortSignal,
): Promise<Page<T>> {
  return readNested(access, document.operation, await access.transport.send(document, variables, signal), parse);
}

function readNested<T>(
  access: DirectorAccess,
  operation: string,
  answer: GraphqlAnswer,
  parse: (data: unknown) => NestedPage<T>,
): Page<T> {
  checkViewer(access, operation, answer.data);
  // Code 27: the system has left the formation since the list was read (docs/contracts/compass.md#visibility).
  if (answer.errors.some(({ code }) => code === 27)) throw new ListMoved('a system left while it was read');
  if (answer.errors.length > 0) throw errorsOf(access, operation, answer.errors);
  const page = requireShape(access, operation, parse(answer.data));
  if (page === undefined) throw new ListMoved('something vanished while it was read');
  return page;
}

async function sendWithoutBreakingSchema<Result, Variables extends object>(
  { transport }: DirectorAccess,
  signal: AbortSignal,
  document: GraphqlDocument<Result, Variables>,
  variables: (withInputSchema: boolean) => Variables,
): Promise<GraphqlAnswer> {
  try {
    const answer = await transport.send(document, variables(true), signal);
    if (!answer.errors.some(({ path }) => path.includes('instanceAuthRequestInputSchema'))) return answer;
  } catch (error: unknown) {
    if (!isBrokenAnswer(error)) throw error;
  }
  return transport.send(document, variables(false), signal);
}

/** Odd characters in a schema break the whole answer: HTTP 422, or code 10 (docs/contracts/compass.md#odd-characters). */
export function isBrokenAnswer(error: unknown): boolean {
  if (!isAgentError(error, 'InvalidAnswer', 'CompassUnreachable')) return false;
  return hasStatus(error, 422) || hasGraphqlErrors(error, 10);
}

/** The failure that errors beside, or in place of, the data stand for. */
export function errorsOf(access: DirectorAccess, operation: string, errors: readonly WireError[]): Error {
  return access.transport.failureOf(operation, {
    kind: 'answer',
    status: 200,
    bodyEmpty: false,
    errors,
    retryAfterMs: undefined,
  });
}

/** What was parsed of an answer. Throws the failure that an answer of another shape stands for. */
export function requireShape<T>({ transport }: DirectorAccess, operation: string, parsed: Parsed<T>): T {
  if (!parsed.ok) throw transport.failureOf(operation, { kind: 'shape', problem: parsed.problem });
  return parsed.value;
}
