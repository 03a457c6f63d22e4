import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry } from '../../servers/cluster/audit-log.ts';

const BUILT_IN_GROUPS = /^($|apps$|batch$|policy$|.*\.k8s\.io$)/;

/**
 * What kind of request this is, whatever object it is about: `list secrets limit`, `patch <custom>/status`,
 * `watch <custom> fieldSelector(metadata.name) watch`, `get /apis/<group>`. Custom resources count as one, and of
 * the query count the names of the parameters, and of a field selector those of its fields. The audit log tells
 * neither media types nor headers.
 */
export function toRequestShape({ verb, group, resource, subresource, requestUri }: AuditEntry): string {
  const { pathname, searchParams } = new URL(requestUri, 'https://localhost');
  const kind = BUILT_IN_GROUPS.test(group) ? [resource, group].filter((part) => part !== '').join('.') : '<custom>';
  const subject = resource === '' ? toDiscoveryPath(pathname) : kind;
  const parameters = [...new Set(searchParams.keys())].sort().map((name) => toParameter(name, searchParams));
  return [verb, subresource === undefined ? subject : `${subject}/${subresource}`, ...parameters].join(' ');
}

function toParameter(name: string, query: URLSearchParams): string {
  if (name !== 'fieldSelector') return name;
  const fields = (query.get(name) ?? '').split(',').map((part) => part.split(/[!=]/)[0] ?? '');
  return `fieldSelector(${fields.sort().join()})`;
}

/** Every group is discovered alike; only the core one has paths of its own. */
function toDiscoveryPath(path: string): string {
  return path.replace(/(?<=^(\/openapi\/v3)?\/apis)(\/[^/]+)(\/[^/]+)?$/, (_match, _prefix, _group, version) =>
    version === undefined ? '/<group>' : '/<group>/<version>',
  );
}

/** The shapes of the requests that are not among the covered ones; sorted. */
export function uncoveredShapes(clients: readonly AuditEntry[], covered: ReadonlySet<string>): string[] {
  return [...new Set(clients.map(toRequestShape))].filter((shape) => !covered.has(shape)).sort();
}

const SHAPES_FILE = 'compared-shapes';

/** Keeps the shapes that both servers were compared in, for the end of the run. */
export async function keepComparedShapes(folder: string, shapes: ReadonlySet<string>): Promise<void> {
  await writeFile(join(folder, SHAPES_FILE), [...shapes].sort().join('\n'));
}

/** The shapes that {@link keepComparedShapes} kept. Rejects where the conformance suite did not run before. */
export async function readComparedShapes(folder: string): Promise<Set<string>> {
  return new Set((await readFile(join(folder, SHAPES_FILE), 'utf8')).split('\n'));
}
