import { applicationPath, type ClusterClient, secretPath } from '../../servers/cluster/create-cluster-client.ts';
import type { Landscape } from '../../servers/ucl/landscape.ts';
import { toSystem } from '../e2e/start-stage.ts';

/** Who does something on a day: UCL's landscape, and the formation of which the runtime has the systems. */
export interface Customer {
  readonly landscape: Landscape;
  readonly runtimeId: string;
  readonly formation: string;
}

/**
 * What changes in UCL on one day: two systems come and two leave, one is described anew, one is renamed, and one gets
 * other credentials. Another day takes other systems. It needs a landscape of eight.
 */
export function workInUcl({ landscape, runtimeId, formation }: Customer, day: number): void {
  const systems = landscape.applicationsForRuntime(landscape.runtime(runtimeId));
  // The step shares no divisor with it, so that these are different systems.
  const pick = (which: number) => {
    const found = systems[(day * 7 + which) % systems.length];
    if (found === undefined) throw new Error('There is no system to work with.');
    return found;
  };
  for (const which of [1, 2]) {
    const { id } = landscape.registerApplication(toSystem(`Day ${day} number ${which}`));
    landscape.assign(id, 'APPLICATION', formation);
  }
  landscape.updateApplication(pick(0).id, { description: `Described on day ${day}` });
  landscape.updateApplication(pick(1).id, { name: `Renamed on day ${day}` });
  const [bundle] = pick(2).bundles;
  if (bundle === undefined) throw new Error('The system has no bundle to rotate the credentials of.');
  const basic = { username: `user-of-day-${day}`, password: `invented-on-day-${day}` };
  landscape.setInstanceAuth(bundle.id, runtimeId, { credential: { basic } });
  for (const which of [3, 4]) landscape.unassign(pick(which).id, 'APPLICATION', formation);
}

/** What people do in the cluster on one day: an Application is edited, another one deleted, and a Secret. */
export async function meddleInCluster(kube: ClusterClient, day: number): Promise<void> {
  const [applications, secrets] = await Promise.all([kube.applications(), kube.secrets()]);
  const names = applications.map(({ metadata }) => metadata.name);
  const credentials = secrets.filter(({ metadata }) => metadata.labels.bundleId !== undefined);
  const [edited = '', deleted = ''] = [names[day % names.length], names[(day + 1) % names.length]];
  await kube.patch(`${applicationPath}/${edited}`, { spec: { description: `Edited by hand on day ${day}` } });
  await kube.remove(`${applicationPath}/${deleted}`);
  const secret = credentials[(day * 5) % credentials.length]?.metadata.name ?? '';
  await kube.remove(`${secretPath('kyma-system')}/${secret}`);
}
