import type { DenyRules } from './deny-rules.ts';
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from './kube-object.ts';
import type { Verb } from './request-target.ts';
import { badRequest } from './status-error.ts';

/** Where SelfSubjectAccessReviews are posted. */
export const ACCESS_REVIEW_PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Answers "may I?" as `kubectl auth can-i` asks it, from the deny rules. */
export function reviewAccess(body: Json, rules: DenyRules, user: string): JsonObject {
  const attributes = objectAt(isJsonObject(body) ? body.spec : undefined, 'resourceAttributes');
  const verb = stringAt(attributes, 'verb');
  if (!isVerb(verb)) throw badRequest(`the embedded API reviews access to resources only, not "${verb}"`);
  const namespace = stringAt(attributes, 'namespace');
  const name = stringAt(attributes, 'name');
  const subresource = stringAt(attributes, 'subresource');
  const target = {
    verb,
    group: stringAt(attributes, 'group'),
    version: stringAt(attributes, 'version'),
    resource: stringAt(attributes, 'resource'),
    ...(subresource === '' ? {} : { subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  };
  const allowed = rules.check(target, user) === undefined;
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: { resourceAttributes: attributes },
    status: { allowed },
  };
}

function isVerb(verb: string): verb is Verb {
  return ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb);
}
