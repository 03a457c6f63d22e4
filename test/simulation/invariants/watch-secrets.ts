import { decode, type Place, type StoredObject, toText } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';

const ofTheWorld = /\b(?:token|secret)-\d+\b|PRIVATE KEY/g;

/**
 * What opens a door stands in Secrets alone, never in the CompassConnection, an Event or an Application; and in each Secret
 * only what belongs there, so that whoever may read one of them gets no more than that, at any instant.
 */
export function watchSecrets(world: World): Observer {
  /** The bundle that each password is for, as UCL has told them. */
  const bundleIds = new Map<string, string>();
  return {
    onUclCall: ({ page }) => {
      for (const id of page?.ids ?? []) {
        for (const bundle of world.ucl.landscape.systems.get(id)?.bundles ?? []) {
          if (bundle.password !== undefined) bundleIds.set(bundle.password, bundle.id);
        }
      }
    },
    onWrite: ({ agent, place, before, after, isRefused }) => {
      if (agent === undefined || isRefused || after === undefined) return;
      const found = place.plural === 'secrets' ? judgeSecret(place, before, after) : listFound(toText(after))[0];
      if (found !== undefined) world.violate('secrets-stay-secret', `${place.plural}/${place.name} shows ${found}`);
    },
  };

  /** What the agent wrote into a Secret that does not belong there. What others had put there stays, as it should. */
  function judgeSecret({ name }: Place, before: StoredObject | undefined, after: StoredObject): string | undefined {
    const had = listValues(before);
    const present = listValues(after);
    const found = present.filter((value) => !had.includes(value));
    const of = (kind: string) => found.find((value) => value.startsWith(kind));
    switch (name) {
      case places.authority.name:
        return found[0];
      case places.client.name:
        return of('token') ?? of('secret');
      case places.pairing.name: {
        const usable = new Set(present.filter((value) => world.ucl.connector.isUsable(value)));
        return of('secret') ?? (usable.size > 1 ? [...usable].join(' and ') : undefined);
      }
      default: {
        const { bundleId } = after.metadata.labels ?? {};
        const isOthers = (value: string) => value.startsWith('secret') && bundleIds.get(value) !== bundleId;
        return of('token') ?? of('PRIVATE') ?? found.find(isOthers);
      }
    }
  }
}

/** What of it opens a door: tokens and passwords as they are, keys by what they begin with. */
function listFound(text: string): readonly string[] {
  return text.match(ofTheWorld) ?? [];
}

function listValues(secret: StoredObject | undefined): readonly string[] {
  return listFound(Object.values(decode(secret)).join('\n'));
}

/** What somebody who reads the Secret of a pairing could still use, once there is none under way; undefined: nothing. */
export function findLoot(world: World, pairing: StoredObject | undefined = world.server.storage.get(places.pairing)) {
  return listValues(pairing).find((value) => value === 'PRIVATE KEY' || world.ucl.connector.isUsable(value));
}
