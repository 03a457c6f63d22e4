import { compareObjects } from '../../programs/playground/compare-objects.ts';
import { expectedObjects } from '../../programs/playground/expected-objects.ts';
import { applicationPath, connectionPath, secretPath } from '../../servers/cluster/create-cluster-client.ts';
import type { KubeHttp } from '../../servers/kube-api/kube-http.ts';
import { arrayAt, isJsonObject, type JsonObject } from '../../servers/kube-api/kube-object.ts';
import type { Landscape } from '../../servers/ucl/landscape.ts';

/** Each difference between the cluster and UCL's landscape for this runtime, as one line; Ready is part of it. */
export async function findDifferences(admin: KubeHttp, landscape: Landscape, runtimeId: string): Promise<string[]> {
  const list = async (at: string): Promise<JsonObject[]> => {
    const { status, body } = await admin.send('GET', at);
    if (status !== 200) throw new Error(`GET ${at} was answered with ${status}.`);
    return arrayAt(body, 'items').filter(isJsonObject);
  };
  const [applications, secrets, connections] = await Promise.all([
    list(applicationPath),
    list(`${secretPath('kyma-system')}?labelSelector=bundleId`),
    list(connectionPath),
  ]);
  return compareObjects(expectedObjects(landscape, runtimeId), { applications, secrets, connection: connections[0] });
}
