import type { ApplicationResource, SecretResource } from '../../domain/resources.ts';
import type { ApplicationWriter, PlannedState } from '../../sync/application-writer.ts';
import type { KubeReader, KubeWriter, Preconditions } from '../api/kube-client.ts';
import { listOne, type ObjectKind } from '../api/object-kind.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import { createObjectWriter } from './object-writer.ts';
import { applicationKind, parseManagedFields, secretKind } from './parse-object.ts';

export interface ManagedSources {
  readonly applications: ObjectSource<ApplicationResource>;
  readonly secrets: ObjectSource<SecretResource>;
}

/** Writes Applications and their Secrets; those go to `namespace`. */
export function createApplicationStore(
  client: KubeReader & KubeWriter,
  sources: ManagedSources,
  namespace: string,
): ApplicationWriter {
  const applications = createObjectWriter(client, applicationKind, sources.applications);
  const secrets = createObjectWriter(client, secretKind, sources.secrets);
  const place = (secret: SecretResource): SecretResource => ({
    ...secret,
    metadata: { namespace, ...secret.metadata },
  });
  const readOne = ({ type }: ObjectKind<unknown>, name: string, signal: AbortSignal) =>
    listOne(client, { type, name, namespace: type === secretKind.type ? namespace : undefined }, signal);
  return {
    createApplication: (manifest, signal) => applications.create(manifest, signal),
    updateApplication: (resource, signal) => applications.update(resource, signal),
    async deleteApplication(name, planned, signal) {
      const kept = await applications.remove({ name }, toPreconditions(planned), signal);
      return kept?.metadata.finalizers ?? [];
    },
    async readSecret(name, signal) {
      const found = await readOne(secretKind, name, signal);
      return found === undefined ? undefined : secretKind.parse(found);
    },
    async readManagedFields(object, signal) {
      const [kind, name = ''] = object.split(' ');
      return parseManagedFields(await readOne(kind === 'Secret' ? secretKind : applicationKind, name, signal));
    },
    createSecret: (manifest, signal) => secrets.create(place(manifest), signal),
    updateSecret: (resource, signal) => secrets.update(place(resource), signal),
    async deleteSecret(name, planned, signal) {
      await secrets.remove({ namespace, name }, toPreconditions(planned), signal);
    },
  };
}

function toPreconditions({ uid, version }: PlannedState): Preconditions {
  return version === undefined ? { uid } : { uid, resourceVersion: version };
}
