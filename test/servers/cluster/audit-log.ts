import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** One request as the API server logged it. */
export interface AuditEntry {
  /** For a service account `system:serviceaccount:<namespace>:<name>`. */
  user: string;
  /**
   * Which holder of the credentials it was, where several are the same user: the pod, or else the token that it was issued.
   * Absent where the API server does not know.
   */
  client?: string;
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
  /** Of an update or a delete by a ServiceAccount: which state of the object it is about, as far as it says so. */
  condition?: { uid?: string; resourceVersion?: string };
}

const condition = z.object({ uid: z.string().optional(), resourceVersion: z.string().optional() });
/** An object that is written, or DeleteOptions. */
const sentObject = z.object({ metadata: condition.optional(), preconditions: condition.optional() });

const auditEvent = z.object({
  auditID: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  userAgent: z.string().default(''),
  user: z.object({
    username: z.string().default(''),
    extra: z.record(z.string(), z.array(z.string())).default({}),
  }),
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
  requestObject: sentObject.optional(),
});

/**
 * The audit policy of the cluster: every request for a resource and for discovery, except those of the cluster's own
 * components. Of bodies only those with which the ServiceAccounts of kyma-system change and delete. A watch is logged when it
 * starts, so that open ones are seen.
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
  - level: Request
    userGroups: ["system:serviceaccounts:kyma-system"]
    verbs: [update, delete]
  - level: Metadata
`;

/** Reads an audit log (JSON lines) in the order in which they were first logged; each request appears once. */
export function parseAuditLog(text: string): AuditEntry[] {
  const byId = new Map<string, AuditEntry>();
  // What follows the last line break is a line that is still being written.
  for (const line of text.split('\n').slice(0, -1)) {
    const event = auditEvent.parse(JSON.parse(line));
    const ref = event.objectRef;
    const sent = event.requestObject;
    const { uid, resourceVersion } = (event.verb === 'delete' ? sent?.preconditions : sent?.metadata) ?? {};
    byId.set(event.auditID, {
      user: event.user.username,
      ...toClient(event.user.extra),
      verb: event.verb,
      group: ref?.apiGroup ?? '',
      resource: ref?.resource ?? '',
      ...(ref?.subresource === undefined ? {} : { subresource: ref.subresource }),
      ...(ref?.namespace === undefined ? {} : { namespace: ref.namespace }),
      ...(ref?.name === undefined ? {} : { name: ref.name }),
      code: event.responseStatus?.code ?? 0,
      requestUri: event.requestURI,
      userAgent: event.userAgent,
      ...(sent === undefined
        ? {}
        : {
            condition: { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) },
          }),
    });
  }
  return [...byId.values()];
}

export async function readAuditLog(file: string): Promise<AuditEntry[]> {
  return parseAuditLog(await readFile(file, 'utf8'));
}

/** Keys that the API server itself sets for a token of a ServiceAccount. */
const clientKeys = ['authentication.kubernetes.io/pod-name', 'authentication.kubernetes.io/credential-id'];

function toClient(extra: Readonly<Record<string, readonly string[]>>): Pick<AuditEntry, 'client'> {
  const [client] = clientKeys.flatMap((key) => extra[key] ?? []);
  return client === undefined ? {} : { client };
}
