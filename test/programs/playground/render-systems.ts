import { arrayAt, type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import type { Application } from '../../servers/ucl/landscape-types.ts';
import { nameOf, systemIdOf } from './playground-cluster.ts';
import { measureColumns, printable, renderTable, roomBeside, shorten } from './render-text.ts';

const maxRows = 20;
/** A terminal as it opens. */
const lineWidth = 80;
const maxNameWidth = 22;
const maxCredentialsWidth = 16;

/** A system as UCL assigns it and the cluster has it. */
interface Row {
  /** Name of its Application; undefined: there is none. */
  application: string | undefined;
  system: string;
  services: number;
  credentials: string;
  /** Reasons of the failures that the CompassConnection names. */
  reasons: readonly string[];
}

/**
 * The systems in the order of their Applications, no line longer than 80 columns: Application, UCL's name, number of
 * services, kinds of credentials, and the state; below, why some are not ready.
 */
export function renderSystems(
  systems: readonly Application[],
  applications: readonly JsonObject[],
  connection: JsonObject | undefined,
): string[] {
  const rows = toRows(systems, applications, connection).sort(byApplication);
  const shown = rows.slice(0, maxRows);
  const others = [
    ['UCL NAME', 'SVC', 'CREDENTIALS', 'STATE'],
    ...shown.map((row) => [
      shorten(row.system, maxNameWidth),
      String(row.services),
      shorten(row.credentials, maxCredentialsWidth),
      describeState(row),
    ]),
  ];
  const room = roomBeside(measureColumns(others), lineWidth);
  const names = ['APPLICATION', ...shown.map(({ application = '-' }) => shorten(application, room))];
  const table = renderTable(others.map((cells, index) => [names[index] ?? '', ...cells]));
  const more = rows.length > maxRows ? [`... and ${rows.length - maxRows} more`] : [];
  return [...table, ...more, ...shown.flatMap(explainState)];
}

function toRows(
  systems: readonly Application[],
  applications: readonly JsonObject[],
  connection: JsonObject | undefined,
): Row[] {
  const bySystem = new Map(applications.map((application) => [systemIdOf(application), application]));
  const failures = Map.groupBy(arrayAt(objectAt(connection, 'status'), 'failures'), (failure) =>
    stringAt(failure, 'applicationId'),
  );
  return systems.map((system) => {
    const application = bySystem.get(system.id);
    const reasons = failures.get(system.id)?.map((failure) => printable(stringAt(failure, 'reason'))) ?? [];
    return {
      application: application === undefined ? undefined : printable(nameOf(application)),
      system: printable(system.name),
      services: arrayAt(application?.spec, 'services').length,
      credentials: describeCredentials(application?.spec),
      reasons: [...new Set(reasons)],
    };
  });
}

/** As `kubectl get applications` lists them; what is missing there comes last. */
function byApplication(a: Row, b: Row): number {
  if (a.application === undefined || b.application === undefined) {
    return Number(a.application === undefined) - Number(b.application === undefined) || compare(a.system, b.system);
  }
  return compare(a.application, b.application);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function describeState({ application, reasons }: Row): string {
  if (application === undefined) return 'missing';
  return reasons.length === 0 ? 'ready' : 'partly';
}

function explainState(row: Row): string[] {
  if (row.reasons.length === 0) return [];
  const why = `: ${describeState(row)}, ${row.reasons.join(', ')}`;
  const room = Math.max(lineWidth - why.length, maxNameWidth);
  return [shorten(shorten(row.application ?? row.system, room) + why, lineWidth)];
}

function describeCredentials(spec: JsonObject[string] | undefined): string {
  const kinds = new Set<string>();
  for (const service of arrayAt(spec, 'services')) {
    for (const entry of arrayAt(service, 'entries')) {
      const credentials = objectAt(entry, 'credentials');
      const type = stringAt(credentials, 'type');
      if (type !== '') kinds.add(type);
      if (credentials.csrfInfo !== undefined) kinds.add('CSRF');
      if (stringAt(entry, 'requestParametersSecretName') !== '') kinds.add('params');
    }
  }
  return kinds.size === 0 ? 'none' : [...kinds].join('+');
}
