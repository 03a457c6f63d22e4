import type { ApplicationResource, SecretResource } from '../../domain/resources.ts';
import type { ApplicationWriter } from '../../sync/application-writer.ts';
import type { KubeReader, KubeWriter } from '../api/kube-client.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import { createObjectWriter } from './object-writer.ts';
import { applicationKind, secretKind } from './parse-object.ts';

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
  return {
    createApplication: (manifest, signal) => applications.create(manifest, signal),
    updateApplication: (resource, signal) => applications.update(resource, signal),
    deleteApplication: (name, uid, signal) => applications.remove({ name }, { uid }, signal),
    async readSecret(name, signal) {
      // A list of one: reading a Secret by its name is a right that the agent has for its own alone.
      const { items } = await client.list({ type: secretKind.type, namespace, name }, 1, signal);
      return items.map(secretKind.parse)[0];
    },
    createSecret: (manifest, signal) => secrets.create(place(manifest), signal),
    updateSecret: (resource, signal) => secrets.update(place(resource), signal),
    deleteSecret: (name, uid, signal) => secrets.remove({ namespace, name }, { uid }, signal),
  };
}
