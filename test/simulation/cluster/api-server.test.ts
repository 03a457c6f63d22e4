import { expect, it } from 'vitest';
import { Chance } from '../time/chance.ts';
import { Clock } from '../time/clock.ts';
import { Timeline } from '../time/timeline.ts';
import { ApiServer } from './api-server.ts';
import type { Place } from './object.ts';

const application: Place = { plural: 'applications', namespace: '', name: 'system' };
const secret: Place = { plural: 'secrets', namespace: 'kyma-system', name: 'of-system' };

function openServer() {
  const timeline = new Timeline();
  return { timeline, server: new ApiServer(timeline, new Chance(1, 'server'), new Clock(timeline), true) };
}

it.each([
  ['collects a Secret that is written for an Application that is gone already', true],
  ['keeps a Secret that is written for an Application that is there', false],
])('%s', async (_, isGone) => {
  const { timeline, server } = openServer();
  server.create(application, {});
  const { uid = '' } = server.storage.get(application)?.metadata ?? {};
  if (isGone) server.remove(application);
  await timeline.runUntil(60_000);
  const owner = { apiVersion: 'applicationconnector.kyma-project.io/v1alpha1', kind: 'Application' };
  server.create(secret, { metadata: { ownerReferences: [{ ...owner, name: application.name, uid }] } });
  await timeline.runUntil(120_000);
  expect(server.storage.get(secret) === undefined).toBe(isGone);
});
