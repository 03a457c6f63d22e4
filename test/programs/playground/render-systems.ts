import { arrayAt, type JsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import type { Application } from '../../servers/ucl/landscape-types.ts';
import { nameOf, systemIdOf } from './playground-cluster.ts';
import { renderTable, shorten } from './render-text.ts';

const maxRows = 20;

/**
 * The systems that UCL assigns, as the cluster has them: Application, UCL's name, number of services, kinds of
 * credentials, and the state or the reasons of the failures that the CompassConnection names.
 */
export function renderSystems(
  systems: readonly Application[],
  applications: readonly JsonObject[],
  connection: JsonObject | undefined,
): string[] {
  const bySystem = new Map(applications.map((application) => [systemIdOf(application), application]));
  const failures = Map.groupBy(arrayAt(objectAt(connection, 'status'), 'failures'), (failure) =>
    stringAt(failure, 'applicationId'),
  );
  const rows = systems.slice(0, maxRows).map((system) => {
    const application = bySystem.get(system.id);
    const reasons = failures.get(system.id)?.map((failure) => stringAt(failure, 'reason')) ?? [];
    return [
      application === undefined ? '-' : shorten(nameOf(application), 44),
      shorten(system.name, 32),
      String(arrayAt(application?.spec, 'services').length),
      describeCredentials(application?.spec),
      describeState(application !== undefined, reasons),
    ];
  });
  const more = systems.length > maxRows ? [`... and ${systems.length - maxRows} more`] : [];
  return [...renderTable([['APPLICATION', 'UCL NAME', 'SERVICES', 'CREDENTIALS', 'STATE'], ...rows]), ...more];
}

function describeState(isPresent: boolean, reasons: readonly string[]): string {
  const failed = [...new Set(reasons)].join(', ');
  if (!isPresent) return failed === '' ? 'missing' : `missing: ${failed}`;
  return failed === '' ? 'ready' : `failed in part: ${failed}`;
}

function describeCredentials(spec: JsonObject[string] | undefined): string {
  const kinds = new Set<string>();
  for (const service of arrayAt(spec, 'services')) {
    for (const entry of arrayAt(service, 'entries')) {
      const credentials = objectAt(entry, 'credentials');
      const type = stringAt(credentials, 'type');
      if (type !== '') kinds.add(type);
      if (credentials.csrfInfo !== undefined) kinds.add('CSRF');
      if (stringAt(entry, 'requestParametersSecretName') !== '') kinds.add('parameters');
    }
  }
  return kinds.size === 0 ? 'none' : [...kinds].join(', ');
}
