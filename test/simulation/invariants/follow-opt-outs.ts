import type { KubeWrite } from '../cluster/api-server.ts';
import { keyOf, type Place } from '../cluster/object.ts';
import type { World } from '../history/world.ts';

const optOut = 'compass.kyma-project.io/reconcile';

/** Which objects people have opted out, and since when. */
export function followOptOuts(world: World) {
  const optedOut = new Map<string, number>();
  return {
    /** The agent knows of it for certain. */
    isNoticed: (place: Place) =>
      world.timeline.now - (optedOut.get(keyOf(place)) ?? world.timeline.now) > world.noticedMs,
    onWrite: ({ place, after, at }: KubeWrite) => {
      const isOut = after?.metadata.annotations?.[optOut] === 'disabled';
      if (!isOut) optedOut.delete(keyOf(place));
      else if (!optedOut.has(keyOf(place))) optedOut.set(keyOf(place), at);
    },
  };
}
