import { AgentError } from '../errors/agent-error.ts';
import type { Instant, Time } from '../time/time.ts';
import type { GraphqlTransport } from './graphql-transport.ts';

/** Longer than any landscape takes; a list that goes on by single systems would be followed for days. */
const maxReadMs = 30 * 60_000;
/** In estimated bytes of heap. The least that stands in a list is an object with an id. */
const leastItemWeight = 100;

export interface MeteredRead {
  /** For answers that are kept whole: counts what they weigh, as {@link keep} does. Throws `AnswerTooLarge` after half an hour. */
  readonly transport: GraphqlTransport;
  /** For answers of which little is kept. Throws `AnswerTooLarge` after half an hour. */
  readonly passingTransport: GraphqlTransport;
  /** Counts what is kept of an answer, in bytes. Throws `AnswerTooLarge` once it is more than may be read. */
  keep(bytes: number): void;
  /** Throws `AnswerTooLarge` where a list promises more items than may be read. */
  checkPromise(items: number): void;
  /** How many requests were sent so far. */
  requests(): number;
}

/** Bounds one read of the landscape as a whole, since UCL says how much it is. */
export function meterRead(transport: GraphqlTransport, maxWeight: number, time: Time): MeteredRead {
  const endsAt: Instant = time.instant() + maxReadMs;
  let weight = 0;
  let requests = 0;
  const fail = (what: string) => tooLarge(transport.host, maxWeight, what);
  const keep = (bytes: number) => {
    weight += bytes;
    if (weight > maxWeight) throw fail('does not fit into the memory of the agent');
  };
  const passingTransport: GraphqlTransport = {
    ...transport,
    async send(document, variables, signal) {
      if (time.instant() > endsAt) throw fail('takes longer than half an hour to read');
      requests += 1;
      return transport.send(document, variables, signal);
    },
  };
  return {
    transport: {
      ...transport,
      async send(document, variables, signal) {
        const answer = await passingTransport.send(document, variables, signal);
        keep(answer.weight);
        return answer;
      },
    },
    passingTransport,
    keep,
    checkPromise(items) {
      if (items * leastItemWeight > maxWeight) throw fail(`promises ${items} systems or parts of one`);
    },
    requests: () => requests,
  };
}

function tooLarge(host: string, maxWeight: number, what: string): AgentError {
  const mib = Math.floor(maxWeight / 2 ** 20);
  return new AgentError('AnswerTooLarge', `The landscape at ${host} ${what} (an estimated ${mib} MiB are for it)`, {
    next: 'wait',
    remedy:
      'Nothing was applied. If so many systems are right, give the agent more memory: raise the memory limit of its container, or APP_MAX_HEAP_MIB.',
    details: { host, maxWeight },
  });
}
