import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { AuditEntry } from './audit-log.ts';

/** One verb on one resource, as a role grants it. */
export interface GrantedRight {
  /** undefined: in every namespace, and on cluster-scoped objects. */
  namespace: string | undefined;
  group: string;
  /** With subresource, as in `compassconnections/status`. */
  resource: string;
  verb: string;
  /** undefined: objects of any name. */
  name: string | undefined;
}

/** Both lists are sorted texts, such as `update secrets in istio-system named kyma-gateway-certs-cacert`. */
export interface RightsComparison {
  /** Asked for, and granted by no role. */
  usedButNotGranted: string[];
  /** Granted, and never asked for. */
  grantedButNotUsed: string[];
}

const roleSchema = z.object({
  kind: z.enum(['Role', 'ClusterRole']),
  metadata: z.object({ namespace: z.string().optional() }),
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
    }),
  ),
});

/** Reads the Roles and ClusterRoles among the YAML files of a folder. */
export async function readGrantedRights(folder: string): Promise<GrantedRight[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.flatMap(parseGrantedRights);
}

/** Reads the Roles and ClusterRoles of one YAML text; other objects are passed over. */
export function parseGrantedRights(yaml: string): GrantedRight[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const role = roleSchema.safeParse(document.toJS());
    return role.success ? toRights(role.data) : [];
  });
}

function toRights({ metadata, rules }: z.infer<typeof roleSchema>): GrantedRight[] {
  return rules.flatMap((rule) =>
    rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((resource) =>
        rule.verbs.flatMap((verb) =>
          (rule.resourceNames ?? [undefined]).map((name) => ({
            namespace: metadata.namespace,
            group,
            resource,
            verb,
            name,
          })),
        ),
      ),
    ),
  );
}

/** Compares what roles grant with what one user asked the API server for. */
export function compareRights(granted: readonly GrantedRight[], used: readonly AuditEntry[]): RightsComparison {
  const needs = used.map(toRight);
  return {
    usedButNotGranted: toSortedTexts(needs.filter((need) => !granted.some((right) => covers(right, need)))),
    grantedButNotUsed: toSortedTexts(granted.filter((right) => !needs.some((need) => covers(right, need)))),
  };
}

function toRight(entry: AuditEntry): GrantedRight {
  return {
    namespace: entry.namespace,
    group: entry.group,
    resource: entry.subresource === undefined ? entry.resource : `${entry.resource}/${entry.subresource}`,
    verb: entry.verb,
    // The name of what is created stands in the body, which authorization does not see.
    name: entry.verb === 'create' ? undefined : entry.name,
  };
}

function covers(right: GrantedRight, need: GrantedRight): boolean {
  return (
    (right.namespace === undefined || right.namespace === need.namespace) &&
    right.group === need.group &&
    right.resource === need.resource &&
    right.verb === need.verb &&
    (right.name === undefined || right.name === need.name)
  );
}

function toSortedTexts(rights: readonly GrantedRight[]): string[] {
  const texts = rights.map(({ namespace, group, resource, verb, name }) => {
    const kind = group === '' ? resource : `${resource}.${group}`;
    return `${verb} ${kind}${namespace === undefined ? '' : ` in ${namespace}`}${name === undefined ? '' : ` named ${name}`}`;
  });
  return [...new Set(texts)].sort();
}
