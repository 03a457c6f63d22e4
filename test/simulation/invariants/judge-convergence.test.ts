import { expect, it } from 'vitest';
import { encode } from '../cluster/object.ts';
import { chooseSettings } from '../history/settings.ts';
import { places, World } from '../history/world.ts';
import { isRenewalNear } from './judge-convergence.ts';

const hour = 3_600_000;

it('expects a renewal once a third of the life of the stored certificate is left, and none before', () => {
  const world = new World(1, { ...chooseSettings(1), certificateLifeMs: 100 * hour });
  expect(isRenewalNear(world, hour)).toBe(false);
  world.ucl.connector.sign('auth-1', Buffer.from(JSON.stringify({ subject: 'CN=auth-1', key: 1 })).toString('base64'));
  const [certificate] = world.ucl.connector.certificates.values();
  world.server.create(places.client, { data: encode({ crt: certificate?.pem ?? '' }) });
  world.timeline.now += 65 * hour;
  expect(isRenewalNear(world, hour)).toBe(false);
  expect(isRenewalNear(world, 2 * hour)).toBe(true);
});
