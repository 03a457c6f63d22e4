import type { KubeWrite } from '../cluster/api-server.ts';
import { type StoredObject, systemIdOf } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import { followOptOuts } from './follow-opt-outs.ts';

const prefix = 'compass.kyma-project.io/';

/** What the agent itself writes in the metadata of its objects; all else there is somebody else's. */
const own = {
  labels: new Set(['applicationconnector.kyma-project.io/managed-by', 'app', 'bundleId']),
  annotations: new Set([
    ...['system-name', 'system-id', 'last-changed-at', 'last-change', 'prune-memory', 'read-memory'],
    ...['last-handled-sync-request', 'last-handled-renew-request'],
  ]),
};

const ownSecrets: ReadonlySet<string> = new Set([places.client.name, places.pairing.name, places.authority.name]);

/**
 * Nothing foreign is ever changed: no object of somebody else, none that people opted out, and in the agent's own ones nothing
 * that others put there.
 */
export function watchForeign(world: World): Observer {
  const optOuts = followOptOuts(world);
  return {
    onWrite: (write) => {
      optOuts.onWrite(write);
      const { agent, place, verb, isRefused } = write;
      if (agent === undefined || isRefused) return;
      if (optOuts.isNoticed(place))
        world.violate('opted-out-stays', `${verb} of ${place.name}, which somebody opted out`);
      const what = isForeign(write) ? "which is somebody else's" : findLost(write);
      if (what !== undefined)
        world.violate('nothing-foreign-is-changed', `${verb} of ${place.plural}/${place.name}, ${what}`);
    },
  };
}

function isForeign({ before, place }: KubeWrite): boolean {
  if (place.name === places.configuration.name) return true;
  if (before === undefined) return false;
  if (place.plural === 'applications') return systemIdOf(before) === undefined;
  if (place.plural !== 'secrets' || ownSecrets.has(place.name)) return false;
  const { labels = {}, ownerReferences = [] } = before.metadata;
  const isOwned = ownerReferences.some(({ kind }) => kind === 'Application');
  return !isOwned && (labels.app === undefined || labels.bundleId === undefined);
}

/** What others had put into the metadata of an object, and an update has taken away or changed. */
function findLost({ before, after }: KubeWrite): string | undefined {
  // A deletion takes all of it, as it should.
  if (before === undefined || after === undefined || after.metadata.deletionTimestamp !== undefined) return undefined;
  for (const kind of ['labels', 'annotations'] as const) {
    const lost = Object.entries(before.metadata[kind] ?? {}).find(
      ([key, value]) => !own[kind].has(key.replace(prefix, '')) && after.metadata[kind]?.[key] !== value,
    );
    if (lost !== undefined) return `which has lost what others put into its ${kind}: ${lost[0]}`;
  }
  const lost = listFinalizers(before).find((finalizer) => !listFinalizers(after).includes(finalizer));
  return lost && `which has lost the finalizer ${lost}`;
}

function listFinalizers({ metadata }: StoredObject): readonly string[] {
  return metadata.finalizers ?? [];
}
