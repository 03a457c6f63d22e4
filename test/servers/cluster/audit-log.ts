import { z } from 'zod';

/** One request as the API server logged it. */
export interface AuditEntry {
  /** For a service account `system:serviceaccount:<namespace>:<name>`. */
  user: string;
  verb: string;
  /** Empty for the core group. */
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** HTTP status of the answer. */
  code: number;
  /** Path and query as the client sent them. */
  requestUri: string;
  /** What the client called itself. */
  userAgent: string;
}

const auditEvent = z.object({
  auditID: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().default(''),
  user: z.object({ username: z.string().default('') }),
  objectRef: z
    .object({
      apiGroup: z.string().default(''),
      resource: z.string().default(''),
      subresource: z.string().optional(),
      namespace: z.string().optional(),
      name: z.string().optional(),
    })
    .optional(),
  responseStatus: z.object({ code: z.number().default(0) }).optional(),
});

/**
 * The audit policy of the cluster: every request for a resource and for discovery, without bodies, except those of the
 * cluster's own components. A watch is logged when it starts, so that open ones are seen.
 */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - level: None
    users: ["system:apiserver", "system:kube-controller-manager", "system:anonymous"]
  - level: Metadata
    nonResourceURLs: ["/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version"]
  - level: None
    nonResourceURLs: ["/*"]
  - level: Metadata
`;

/** Reads an audit log (JSON lines) in the order in which they were first logged; each request appears once. */
export function parseAuditLog(text: string): AuditEntry[] {
  const byId = new Map<string, AuditEntry>();
  // What follows the last line break is a line that is still being written.
  for (const line of text.split('\n').slice(0, -1)) {
    const event = auditEvent.parse(JSON.parse(line));
    const ref = event.objectRef;
    byId.set(event.auditID, {
      user: event.user.username,
      verb: event.verb,
      group: ref?.apiGroup ?? '',
      resource: ref?.resource ?? '',
      ...(ref?.subresource === undefined ? {} : { subresource: ref.subresource }),
      ...(ref?.namespace === undefined ? {} : { namespace: ref.namespace }),
      ...(ref?.name === undefined ? {} : { name: ref.name }),
      code: event.responseStatus?.code ?? 0,
      requestUri: event.requestURI,
      userAgent: event.userAgent,
    });
  }
  return [...byId.values()];
}
