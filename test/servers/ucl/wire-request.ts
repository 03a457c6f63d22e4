import type { IncomingMessage } from 'node:http';
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';
import type { Dialect, RequestFault } from './graphql-dialect.ts';
import { decodeCursor } from './paging.ts';

/** An answer before it is written. A `json` of undefined is an empty body. */
export interface HttpAnswer {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
}

/** What a client sent, as far as it can be read. */
export interface WireRequest {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  /** The name of the operation that is meant; "" where the client gave none. */
  readonly operationName: string;
  /** The parsed document with the operation that would run; absent where it has none of that name. */
  readonly document?: DocumentNode;
  readonly operation?: OperationDefinitionNode;
  /** The root fields of that operation, by their names in the schema. */
  readonly rootFields: readonly string[];
  /** The page that the request names by its cursor and size, from 1. */
  readonly page: number;
  /** Why it cannot be executed: found here, answered only after the caller was authenticated. */
  readonly rejection?: HttpAnswer;
}

/** Reads the whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** Takes a request apart, in the way of a gateway before a service or of the bare service. Never throws. */
export function readWireRequest(
  message: { method: string; url: URL; contentType: string; body: string },
  dialect: Dialect,
  mode: 'gateway' | 'bare',
): WireRequest {
  if (message.method === 'GET') {
    const { searchParams } = message.url;
    return fromQuery(searchParams.get('query') ?? '', searchParams.get('operationName') ?? '', {}, dialect);
  }
  if (!message.contentType.startsWith('application/json')) {
    return unreadable({ status: 400, json: { errors: [{ message: 'transport not supported' }], data: null } });
  }
  if (message.body === '') return unreadable(undecodable(dialect, 'EOF body:'));
  try {
    const json: unknown = JSON.parse(message.body);
    if (!isRecord(json)) return unreadable(undecodable(dialect, `not an object body:${message.body}`));
    return fromQuery(
      typeof json.query === 'string' ? json.query : '',
      typeof json.operationName === 'string' ? json.operationName : '',
      isRecord(json.variables) ? json.variables : {},
      dialect,
    );
  } catch {
    // The gateway's own parser fails before the service sees the request.
    return unreadable(
      mode === 'gateway' ? { status: 502 } : undecodable(dialect, `unexpected EOF body:${message.body}`),
    );
  }
}

function undecodable(dialect: Dialect, reason: string): HttpAnswer {
  return { status: 400, json: { errors: [dialect.bodyError(reason)], data: null } };
}

function unreadable(rejection: HttpAnswer): WireRequest {
  return { query: '', operationName: '', variables: {}, rootFields: [], page: 1, rejection };
}

function fromQuery(
  query: string,
  operationName: string,
  variables: Record<string, unknown>,
  dialect: Dialect,
): WireRequest {
  const reject = (fault: RequestFault): WireRequest => ({
    query,
    operationName,
    variables,
    rootFields: [],
    page: 1,
    rejection: { status: 422, json: { errors: [dialect.requestError(fault)], data: null } },
  });
  if (query === '') return reject({ kind: 'no-operation' });
  try {
    const document = parse(query);
    const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    if (operations.length === 0) return reject({ kind: 'no-operation' });
    const operation = selectOperation(operations, operationName);
    // Such a document is validated before the missing operation is noticed.
    if (operation === undefined) return { query, operationName, variables, document, rootFields: [], page: 1 };
    const declared = withLenientIntegers(variables, operation);
    const rootFields = operation.selectionSet.selections.flatMap((selection) =>
      selection.kind === Kind.FIELD ? [selection.name.value] : [],
    );
    const page = pageOf(operation, declared);
    return { query, operationName, variables: declared, document, operation, rootFields, page };
  } catch (error: unknown) {
    if (!(error instanceof GraphQLError)) throw error;
    return reject(syntaxFault(error));
  }
}

/** The one of that name; without a name the only one. */
function selectOperation(
  operations: readonly OperationDefinitionNode[],
  operationName: string,
): OperationDefinitionNode | undefined {
  if (operationName === '' && operations.length === 1) return operations[0];
  return operations.find(({ name }) => (name?.value ?? '') === operationName);
}

/** The same text without what graphql-js adds to it. */
function syntaxFault(error: GraphQLError): RequestFault {
  const message = error.message.replace(/^Syntax Error: /, '').replace(/\.$/, '');
  return { kind: 'parse', message, ...locationOf(error) };
}

/** Where an error lies in the document, from line 1 and column 1. */
export function locationOf(error: GraphQLError): { line: number; column: number } {
  const [location] = error.locations ?? [];
  return { line: location?.line ?? 1, column: location?.column ?? 1 };
}

/** The variables that the operation declares; the backend takes "2" for an Int, graphql-js does not. */
function withLenientIntegers(
  variables: Record<string, unknown>,
  operation: OperationDefinitionNode,
): Record<string, unknown> {
  const declared = Object.entries(variables).map(([name, value]) => {
    const definition = operation.variableDefinitions?.find((candidate) => candidate.variable.name.value === name);
    const isInteger = definition !== undefined && typeName(definition.type) === 'Int';
    return [name, isInteger && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(declared);
}

function typeName(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : typeName(type.type);
}

function pageOf(operation: OperationDefinitionNode, variables: Record<string, unknown>): number {
  const values = operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD
      ? (selection.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)])
      : [],
  );
  const args = Object.fromEntries(values);
  const cursor: unknown = args.after ?? Object.values(variables).find((value) => offsetOf(value) > 0);
  const size: unknown = args.first ?? variables.first ?? 200;
  return Math.floor(offsetOf(cursor) / Math.max(1, Number(size) || 200)) + 1;
}

function offsetOf(cursor: unknown): number {
  if (typeof cursor !== 'string') return 0;
  try {
    return decodeCursor(cursor);
  } catch {
    return 0;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
