import { AgentError } from '../errors/agent-error.ts';
import type { Instant, Time } from '../time/time.ts';
import type { GraphqlTransport } from './graphql-transport.ts';

/** Longer than any landscape takes; a list that goes on by single systems would be followed for days. */
const maxReadMs = 30 * 60_000;
/** In estimated bytes of heap. The least that stands in a list is an object with an id. */
const leastItemWeight = 100;

export interface MeteredRead {
  /** Counts what its answers weigh. Throws `AnswerTooLarge` once they are more than may be read, and after half an hour. */
  readonly transport: GraphqlTransport;
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
  return {
    transport: {
      ...transport,
      async send(document, variables, signal) {
        if (time.instant() > endsAt) throw fail('takes longer than half an hour to read');
        requests += 1;
        const answer = await transport.send(document, variables, signal);
        weight += answer.weight;
        if (weight > maxWeight) throw fail('does not fit into the memory of the agent');
        return answer;
      },
    },
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
