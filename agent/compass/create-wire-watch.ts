import type { ClientRequest, IncomingMessage } from 'node:http';
import { type RequestOptions, request as startRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Instant, Time } from '../time/time.ts';

/** A connection that was used within that time is not idle: what kills idle ones, such as a firewall, waits for minutes. */
const idleMs = 5_000;

/** What is known of one request on the wire, beside its answer. */
export interface Wire {
  /** Its connection was used before. */
  isKept: boolean;
  /** And not for a while. */
  wasIdle: boolean;
  /** The head of the answer came. */
  hasAnswerBegun: boolean;
}

/** Remembers when connections were used; for the requests of one client. */
export function createWireWatch(time: Pick<Time, 'instant'>) {
  const lastUsedAt = new WeakMap<Socket, Instant>();

  /** The way on which axios sends one request, and what is seen of it there. */
  return (): { readonly wire: Readonly<Wire>; readonly transport: object } => {
    const wire: Wire = { isKept: false, wasIdle: false, hasAnswerBegun: false };
    const request = (options: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest => {
      const sent = startRequest(options, (answer) => {
        wire.hasAnswerBegun = true;
        onAnswer(answer);
      });
      sent.once('socket', (socket) => {
        const usedAt = lastUsedAt.get(socket);
        wire.isKept = sent.reusedSocket;
        wire.wasIdle = usedAt !== undefined && time.instant() - usedAt >= idleMs;
        sent.once('close', () => lastUsedAt.set(socket, time.instant()));
      });
      return sent;
    };
    return { wire, transport: { request } };
  };
}
