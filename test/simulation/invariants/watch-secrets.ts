import type { StoredObject } from '../cluster/object.ts';
import { decode, toText } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';

const ofTheWorld = /\b(?:token|secret)-\d+\b|PRIVATE KEY/;

/** What opens a door stands in Secrets alone: never in the CompassConnection, an Event or an Application. */
export function watchSecrets(world: World): Observer {
  return {
    onWrite: ({ agent, place, after, isRefused }) => {
      if (agent === undefined || isRefused || after === undefined || place.plural === 'secrets') return;
      const found = ofTheWorld.exec(toText(after))?.[0];
      if (found !== undefined) world.violate('secrets-stay-secret', `${place.plural}/${place.name} shows ${found}`);
    },
  };
}

/** What somebody who reads the Secret of a pairing could still use, once there is none under way; undefined: nothing. */
export function findLoot(world: World, pairing: StoredObject | undefined = world.server.storage.get(places.pairing)) {
  const values = Object.values(decode(pairing)).join('\n');
  if (values.includes('PRIVATE KEY')) return 'a private key';
  const tokens = [...world.ucl.connector.tokens.keys()].filter((token) => world.ucl.connector.isUsable(token));
  return tokens.find((token) => new RegExp(`\\b${token}\\b`).test(values)) && 'a token that can be used';
}
