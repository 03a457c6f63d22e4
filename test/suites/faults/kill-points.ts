import type { ProxiedRequest } from '../../servers/fault-proxy/fault-list.ts';
import type { FaultProxy } from '../../servers/fault-proxy/start-fault-proxy.ts';
import type { Endpoint } from '../../servers/ucl/request-log.ts';
import type { Ucl } from '../../servers/ucl/start-ucl.ts';

/** What stands around the agent and sees each of its effects. */
export interface Surroundings {
  readonly ucl: Ucl;
  readonly proxy: FaultProxy;
}

/** One effect of the agent on the world: the n-th request of its kind to UCL, or the n-th write of its kind to the cluster. */
export interface Effect {
  readonly kind: UclKind | KubeKind;
  readonly nth: number;
}

interface UclKind {
  readonly endpoint: Endpoint;
  readonly operation: string;
}

interface KubeKind {
  readonly write: string;
}

/** `before`: it never reaches the server. `after`: the server has done it, and nobody hears so. */
export type Moment = 'before' | 'after';
export const moments: readonly Moment[] = ['before', 'after'];

export interface ArmedKill {
  /** The kill is over and done with. */
  readonly hasStruck: () => boolean;
  disarm(): void;
}

/** What the agent has done to UCL and to the cluster since the requests were forgotten, each effect once. */
export function listEffects(around: Surroundings): Effect[] {
  const ucl = around.ucl.requests.all().flatMap(({ endpoint, operation }): Effect['kind'][] => {
    return operation === undefined ? [] : [{ endpoint, operation }];
  });
  const writes = around.proxy.requests.all().flatMap((request): Effect['kind'][] => {
    const write = toWrite(request);
    return write === undefined ? [] : [{ write }];
  });
  const seen = new Map<string, number>();
  return [...ucl, ...writes].map((kind) => {
    const key = JSON.stringify(kind);
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return { kind, nth };
  });
}

export function describeEffect({ kind, nth }: Effect): string {
  const what = 'write' in kind ? kind.write : `${kind.endpoint} ${kind.operation}`;
  return nth === 1 ? what : `${what} (${nth}.)`;
}

/**
 * Kills, by the given function, at this effect. The request is held until the kill is over: it is not passed on before it,
 * nor is its answer after it.
 */
export function armKill(
  around: Surroundings,
  { kind, nth }: Effect,
  moment: Moment,
  kill: () => Promise<unknown>,
): ArmedKill {
  let count = 0;
  let hasStruck = false;
  const isIt = () => {
    count += 1;
    return count === nth;
  };
  const strike = async () => {
    await kill();
    hasStruck = true;
  };
  const fault =
    'write' in kind
      ? around.proxy.faults.add({
          match: (request) => {
            if (toWrite(request) !== kind.write || !isIt()) return false;
            if (moment === 'before') void strike();
            return true;
          },
          times: 1,
          effect: moment === 'before' ? { blackhole: true } : { cutReply: strike },
        })
      : around.ucl.faults.add({
          on: kind.endpoint,
          operation: kind.operation,
          when: () => {
            if (!isIt()) return false;
            if (moment === 'before') void strike();
            return true;
          },
          effect: moment === 'before' ? { hang: true } : { cutReply: strike },
        });
  return { hasStruck: () => hasStruck, disarm: () => fault.remove() };
}

/** `update secrets ucl-agent-pairing`; undefined for what changes nothing. Names by chance are left out. */
function toWrite({ verb, resource, subresource, name }: Partial<ProxiedRequest>): string | undefined {
  if (resource === undefined || !['create', 'update', 'patch', 'delete'].includes(verb ?? '')) return undefined;
  if (resource === 'leases') return undefined;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  return [
    verb,
    what,
    ...(name === undefined || resource === 'events' ? [] : [name.replace(/-[0-9a-f-]{36}$/, '')]),
  ].join(' ');
}
