import type { ProxiedRequest } from '../../servers/fault-proxy/fault-list.ts';
import type { Endpoint } from '../../servers/ucl/request-log.ts';
import type { Stage } from '../e2e/start-stage.ts';

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

export interface ArmedKill {
  readonly hasStruck: () => boolean;
  disarm(): void;
}

/** What the agent has done to UCL and to the cluster since the requests were forgotten, each effect once. */
export function listEffects(stage: Stage): Effect[] {
  const ucl = stage.ucl.requests.all().flatMap(({ endpoint, operation }): Effect['kind'][] => {
    return operation === undefined ? [] : [{ endpoint, operation }];
  });
  const writes = stage.proxy.requests.all().flatMap((request): Effect['kind'][] => {
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

/** Kills, by the given function, at this effect. */
export function armKill(stage: Stage, { kind, nth }: Effect, moment: Moment, kill: () => void): ArmedKill {
  let count = 0;
  let hasStruck = false;
  const isIt = () => {
    count += 1;
    return count === nth;
  };
  const strike = () => {
    hasStruck = true;
    kill();
  };
  if ('write' in kind) {
    const fault = stage.proxy.faults.add({
      match: (request) => {
        if (toWrite(request) !== kind.write || !isIt()) return false;
        // Only once the server has answered is it known that the whole request arrived.
        if (moment === 'before') strike();
        return true;
      },
      times: 1,
      effect: moment === 'before' ? { cut: true } : { cutReply: strike },
    });
    return { hasStruck: () => hasStruck, disarm: () => fault.remove() };
  }
  const fault = stage.ucl.faults.add({
    on: kind.endpoint,
    operation: kind.operation,
    when: () => {
      if (!isIt()) return false;
      strike();
      return true;
    },
    effect: moment === 'before' ? { refuse: true } : { cutReply: true },
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
