import type { TrialObjects } from '../sync/to-trial-objects.ts';
import { applicationType, type ResourceType, secretType, toResourcePath } from './api/resource-type.ts';
import { type Connection, sendRequest } from './api/send-request.ts';

/**
 * Asks the API server whether it would create these: with the rights, the schema, the policies and webhooks of a real
 * write, and nothing is kept (`dryRun=All`). Everything but an abort throws a KubeError that says who refuses.
 */
export async function tryWrites(
  connection: Connection,
  { application, secrets }: TrialObjects,
  signal: AbortSignal,
): Promise<void> {
  const tryOne = (type: ResourceType, body: TrialObjects['application'] | TrialObjects['secrets'][number]) => {
    const { name, namespace } = body.metadata;
    const attempt = { verb: 'create', type, name, ...(namespace !== undefined && { namespace }) } as const;
    const path = `${toResourcePath(type, namespace)}?dryRun=All`;
    return sendRequest(connection, { attempt, method: 'POST', path, body }, signal);
  };
  await tryOne(applicationType, application);
  for (const secret of secrets) await tryOne(secretType, secret);
}
