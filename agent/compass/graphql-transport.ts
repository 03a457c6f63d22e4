import { ClientError, GraphQLClient } from 'graphql-request';
import * as z from 'zod/mini';
import type { GraphqlDocument } from '../../graphql/graphql-document.ts';
import type { Reason } from '../errors/reasons.ts';
import type { Logger } from '../log/logger.ts';
import type { Time } from '../time/time.ts';
import { type AskedRequest, classifyFailure } from './classify-failure.ts';
import { createFetch } from './create-fetch.ts';
import type { Exchange } from './exchange.ts';
import { Headers } from './headers.ts';
import { listOf } from './list-of.ts';
import { notJson, parseAnswer } from './parse-answer.ts';
import { parseRetryAfter } from './parse-retry-after.ts';
import { type CompassApi, TransportError, type WireError, type WireFailure } from './wire-failure.ts';

export interface GraphqlTransportOptions {
  api: CompassApi;
  url: string;
  /** Headers of every request; may hold secrets. */
  headers: Readonly<Record<string, string>>;
  correlationId: () => string;
  queryLogging: boolean;
  /** Reads the JSON of the answer to an operation; throws what it throws. */
  parse?: (text: string, operation: string) => unknown;
  /** Of one answer, as above. */
  maxAnswerWeight: number;
  /** Is told of each request once it is over; must not throw. */
  onAsked: (call: AskedCall) => void;
  log: Logger;
  time: Pick<Time, 'now' | 'instant'>;
}

/**
 * How a request ended: with data and no error, with errors beside the data, given up by the agent, or with the failure
 * that its reason names.
 */
export type CallOutcome = 'Success' | 'AnsweredWithErrors' | 'Abandoned' | Reason;

/** One request, as counted. */
export interface AskedCall {
  readonly api: CompassApi;
  readonly operation: string;
  readonly outcome: CallOutcome;
  readonly durationMs: number;
}

/** An answer that holds data, with the errors that came beside it. */
export interface GraphqlAnswer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors: readonly WireError[];
  /** Bytes of heap that it takes at the most, by an estimate. */
  readonly weight: number;
}

export interface GraphqlTransport {
  readonly api: CompassApi;
  readonly host: string;
  /** Throws AgentError unless the answer is 2xx with data; errors beside the data are the caller's to judge. */
  send<Result, Variables extends object>(
    document: GraphqlDocument<Result, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<GraphqlAnswer>;
  /** The AgentError that stands for `failure` of this operation. */
  failureOf(operation: string, failure: WireFailure): Error;
  close(): void;
}

/** Sends documents by graphql-request over `exchange`; no foreign error leaves it. */
export function createGraphqlTransport(options: GraphqlTransportOptions, exchange: Exchange): GraphqlTransport {
  const host = hostOf(options.url);
  const asked = (operation: string): AskedRequest => ({ api: options.api, operation, host });

  return {
    api: options.api,
    host,
    failureOf: (operation, failure) => classifyFailure(asked(operation), failure),
    close: () => exchange.close(),
    async send(document, variables, signal) {
      const requestId = options.correlationId();
      const startedAt = options.time.instant();
      let answeredBytes = 0;
      let weight = 0;
      const fetch = createFetch(exchange, options.maxAnswerWeight, (bytes) => {
        weight = bytes;
      });
      let status = 0;
      let outcome: CallOutcome = 'Success';
      const client = new GraphQLClient(options.url, {
        fetch: async (input: string | URL | Request, init?: RequestInit) => {
          const response = await fetch(input, init);
          status = response.status;
          return response;
        },
        headers: { ...options.headers, 'x-request-id': requestId },
        errorPolicy: 'all',
        jsonSerializer: {
          parse: (text: string) => (options.parse ?? parseAnswer)(text, document.operation),
          stringify: JSON.stringify,
        },
        // Otherwise graphql-request parses every document anew, only to find the operation's name.
        excludeOperationName: true,
      });
      try {
        const answer = await client.rawRequest<unknown, object>({ query: document.text, variables, signal });
        answeredBytes = bodyLength(answer);
        const read = toAnswer(answer.data, answer.errors);
        if (read.errors.length > 0) outcome = 'AnsweredWithErrors';
        return { ...read, weight };
      } catch (error: unknown) {
        const failure = toWireFailure(error, options.time.now());
        const told = classifyFailure(asked(document.operation), failure);
        outcome = isAbandoned(failure) ? 'Abandoned' : told.reason;
        throw told;
      } finally {
        const durationMs = options.time.instant() - startedAt;
        options.onAsked({ api: options.api, operation: document.operation, outcome, durationMs });
        if (options.queryLogging) {
          options.log.info('Asked UCL', {
            operation: document.operation,
            host,
            requestId,
            status,
            answeredCharacters: answeredBytes,
            durationMs: Math.round(durationMs),
          });
        }
      }
    },
  };
}

function isAbandoned(failure: WireFailure): boolean {
  return failure.kind === 'transport' && failure.cause === 'aborted';
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an invalid URL';
}

function bodyLength(answer: object): number {
  return 'body' in answer && typeof answer.body === 'string' ? answer.body.length : 0;
}

class UnusableAnswer extends Error {
  readonly failure: WireFailure;

  constructor(failure: WireFailure) {
    super('unusable answer');
    this.failure = failure;
  }
}

function toAnswer(data: unknown, wireErrors: unknown): Omit<GraphqlAnswer, 'weight'> {
  const errors = parseErrors(wireErrors);
  if (errors === undefined) throw new UnusableAnswer({ kind: 'shape', problem: '`errors` is not a list of errors' });
  const parsed = dataSchema.safeParse(data);
  if (parsed.success) return { data: parsed.data, errors };
  if (errors.length > 0) {
    throw new UnusableAnswer({ kind: 'answer', status: 200, bodyEmpty: false, errors, retryAfterMs: undefined });
  }
  throw new UnusableAnswer({ kind: 'shape', problem: 'it holds neither data nor errors' });
}

function toWireFailure(error: unknown, now: Date): WireFailure {
  if (error instanceof TransportError || error instanceof UnusableAnswer) return error.failure;
  if (!(error instanceof ClientError)) return { kind: 'shape', problem: notJson };
  const { status, headers, body } = toClientResponse(error);
  return {
    kind: 'answer',
    status,
    bodyEmpty: body.trim() === '',
    errors: parseErrors(error.response.errors) ?? [],
    retryAfterMs: parseRetryAfter(headers?.get('retry-after') ?? undefined, now),
  };
}

function toClientResponse(error: ClientError): { status: number; headers: Headers | undefined; body: string } {
  const { status } = error.response;
  const headers: unknown = error.response.headers;
  const body: unknown = error.response.body;
  return {
    status,
    headers: headers instanceof Headers ? headers : undefined,
    body: typeof body === 'string' ? body : '',
  };
}

const dataSchema = z.record(z.string(), z.unknown());

const errorsSchema = listOf(
  z.object({
    message: z.string(),
    path: z.optional(z.nullable(listOf(z.union([z.string(), z.number()])))),
    extensions: z.optional(z.nullable(z.object({ error_code: z.optional(z.number()) }))),
  }),
);

function parseErrors(value: unknown): WireError[] | undefined {
  if (value === undefined || value === null) return [];
  const parsed = errorsSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return parsed.data.map(({ message, path, extensions }) => ({
    message,
    path: path ?? [],
    code: extensions?.error_code,
  }));
}
