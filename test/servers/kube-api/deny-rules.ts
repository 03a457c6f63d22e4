import { qualifiedResource, type ResourceTarget } from './request-target.ts';
import { forbidden, type StatusError } from './status-error.ts';

/** What to refuse; a field left out matches everything. `resource` may name a subresource: `secrets/status`. */
export interface DenyRule {
  verb?: string;
  resource?: string;
  namespace?: string;
  name?: string;
  user?: string;
}

/** Authorization turned inside out: everything is allowed but what a rule denies. */
export class DenyRules {
  readonly #rules = new Set<DenyRule>();

  add(rule: DenyRule): { remove(): void } {
    const own = { ...rule };
    this.#rules.add(own);
    return { remove: () => this.#rules.delete(own) };
  }

  /** The 403 that a request gets, in the words of the real server's RBAC. */
  check(target: ResourceTarget, user: string): StatusError | undefined {
    const denied = [...this.#rules].some((rule) => matches(rule, target, user));
    return denied ? refusal(target, user) : undefined;
  }
}

function matches(rule: DenyRule, target: ResourceTarget, user: string): boolean {
  const isSame = (wanted: string | undefined, found: string | undefined) => wanted === undefined || wanted === found;
  return (
    isSame(rule.verb, target.verb) &&
    isSame(rule.resource, qualifiedResource(target)) &&
    isSame(rule.namespace, target.namespace) &&
    isSame(rule.name, target.name) &&
    isSame(rule.user, user)
  );
}

/** The 403 for a request that a user may not make. */
export function refusal(target: ResourceTarget, user: string): StatusError {
  const scope = target.namespace === undefined ? 'at the cluster scope' : `in the namespace "${target.namespace}"`;
  return forbidden(
    { group: target.group, plural: target.resource },
    target.name ?? '',
    `User "${user}" cannot ${target.verb} resource "${qualifiedResource(target)}" in API group "${target.group}" ${scope}`,
  );
}
