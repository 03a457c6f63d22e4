import { type Place, type StoredObject, systemIdOf } from '../cluster/object.ts';
import { isConfigurationLost, repairConfiguration, spoilConfiguration } from './meddle-with-configuration.ts';
import { pickOf } from './pick-of.ts';
import type { EditedFields, Step } from './step.ts';
import { places, type World } from './world.ts';

/** What somebody puts in the place of a certificate. */
export const rubbish = 'rubbish';
const prefix = 'compass.kyma-project.io';
const suspension = `${prefix}/suspend`;
const optOut = `${prefix}/reconcile`;

/** What people do in the cluster. */
export function meddle(world: World, step: Step): void {
  const { server } = world;
  switch (step.do) {
    case 'ask':
      ask(world, step);
      return;
    case 'nag':
      nag(world, step);
      return;
    case 'suspend':
      annotate(world, places.connection, suspension, 'true');
      world.during(step.forMs, () => annotate(world, places.connection, suspension, undefined));
      return;
    case 'approve': {
      const hash = heldHashOf(server.storage.get(places.connection));
      if (hash !== undefined) annotate(world, places.connection, `${prefix}/prune-approved`, hash);
      return;
    }
    case 'foreign-application':
      makeForeign(world);
      return;
    case 'foreign-secret':
      placeForeignSecret(world, step);
      return;
    case 'approve-other':
      approveOther(world, step);
      return;
    case 'restore': {
      const backup = pickOf(world.backups, step.pick);
      if (backup === undefined) return;
      server.restore(backup);
      world.restoredAt = world.timeline.now;
      releaseRestored(world);
      return;
    }
    case 'edit-secret':
    case 'unlabel-secret':
    case 'delete-secret':
      meddleWithSecret(world, step);
      return;
    case 'opt-out':
    case 'edit-application':
    case 'edit-fields':
    case 'delete-application':
    case 'hold-application':
      meddleWithApplication(world, step);
      return;
    default:
      meddleWithLink(world, step);
  }
}

/** What people do to all that the agent needs for its connection. */
function meddleWithLink(world: World, step: Step): void {
  const { server } = world;
  switch (step.do) {
    case 'new-token':
      world.configure(world.ucl.connector.issueToken());
      return;
    case 'delete-client-secret':
      server.remove(places.client);
      return;
    case 'delete-authority-secret':
      server.remove(places.authority);
      return;
    case 'delete-pairing-secret':
      server.remove(places.pairing);
      return;
    case 'delete-connection':
      server.remove(places.connection);
      return;
    case 'spoil-client-secret': {
      const spoilt = Buffer.from(rubbish).toString('base64');
      server.change(places.client, (secret) => ({ ...secret, data: { ...secret.data, crt: spoilt } }));
      return;
    }
    case 'mistype':
    case 'delete-configuration':
      spoilConfiguration(world, step);
      return;
    default:
  }
}

function ask(world: World, { what, by }: Extract<Step, { do: 'ask' }>): void {
  if (by === 'annotation') {
    annotate(world, places.connection, `${prefix}/${what}-requested-at`, `${what}-at-${world.timeline.now}`);
    return;
  }
  const field = what === 'sync' ? 'resyncNow' : 'refreshCredentialsNow';
  world.server.change(places.connection, (object) => ({ ...object, spec: { ...object.spec, [field]: true } }));
}

/** A controller that sets the old field again and again. */
function nag(world: World, { everyMs, forMs }: Extract<Step, { do: 'nag' }>): void {
  let isOver = false;
  world.during(forMs, () => {
    isOver = true;
  });
  const repeat = () => {
    if (isOver) return;
    ask(world, { at: 0, do: 'ask', what: 'sync', by: 'spec' });
    world.timeline.after(everyMs, repeat);
  };
  repeat();
}

/** The hash of the removals that wait, where the status tells one. */
export function heldHashOf(connection: StoredObject | undefined): string | undefined {
  const prune = connection?.status?.prune as { heldHash?: string } | undefined;
  return prune?.heldHash;
}

function meddleWithSecret(
  world: World,
  step: Extract<Step, { do: 'edit-secret' | 'unlabel-secret' | 'delete-secret' }>,
): void {
  const { server } = world;
  const secrets = server.storage.list('secrets').filter(({ metadata }) => metadata.ownerReferences !== undefined);
  const secret = pickOf(secrets, step.pick);
  if (secret === undefined) return;
  const place: Place = { plural: 'secrets', namespace: 'kyma-system', name: secret.metadata.name };
  if (step.do === 'delete-secret') {
    server.remove(place);
    return;
  }
  const spoilt = Buffer.from('edited').toString('base64');
  if (step.do === 'edit-secret') {
    server.change(place, (object) => ({ ...object, data: { ...object.data, password: spoilt } }));
    return;
  }
  server.change(place, (object) => {
    const { bundleId: _, ...labels } = object.metadata.labels ?? {};
    return { ...object, metadata: { ...object.metadata, labels } };
  });
}

function meddleWithApplication(
  world: World,
  step: Extract<
    Step,
    { do: 'opt-out' | 'edit-application' | 'edit-fields' | 'delete-application' | 'hold-application' }
  >,
): void {
  const { server } = world;
  const ours = server.storage.list('applications').filter((object) => systemIdOf(object) !== undefined);
  const name = pickOf(ours, step.pick)?.metadata.name;
  if (name === undefined) return;
  const place: Place = { plural: 'applications', namespace: '', name };
  switch (step.do) {
    case 'edit-application':
      server.change(place, (object) => ({ ...object, spec: { ...object.spec, description: 'edited' } }));
      return;
    case 'edit-fields':
      server.change(place, (object) => spoilFields(object, step.what));
      return;
    case 'delete-application':
      server.remove(place);
      return;
    case 'opt-out':
      annotate(world, place, optOut, 'disabled');
      world.during(step.forMs, () => annotate(world, place, optOut, undefined));
      return;
    case 'hold-application':
      server.change(place, (object) => withFinalizers(object, ['example.test/hold']));
      world.during(step.forMs, () => server.change(place, (object) => withFinalizers(object, [])));
  }
}

const restoredHoldMs = 600_000;

/** Whoever held something when the backup was made, or had it left alone, ends that once more. */
function releaseRestored(world: World): void {
  const { server } = world;
  if (isConfigurationLost(world)) world.during(restoredHoldMs, () => repairConfiguration(world));
  for (const { metadata } of server.storage.list('secrets')) {
    if (isForeign(metadata)) world.during(restoredHoldMs, () => removeForeignSecret(world, metadata.name));
  }
  for (const { metadata } of server.storage.list('applications')) {
    const place: Place = { plural: 'applications', namespace: '', name: metadata.name };
    if ((metadata.finalizers ?? []).length > 0) {
      world.during(restoredHoldMs, () => server.change(place, (object) => withFinalizers(object, [])));
    }
    if (metadata.annotations?.[optOut] !== undefined) {
      world.during(restoredHoldMs, () => annotate(world, place, optOut, undefined));
    }
  }
  if (server.storage.get(places.connection)?.metadata.annotations?.[suspension] === undefined) return;
  world.during(restoredHoldMs, () => annotate(world, places.connection, suspension, undefined));
}

function spoilFields(object: StoredObject, what: EditedFields): StoredObject {
  const { metadata, spec = {} } = object;
  switch (what) {
    case 'services':
      return { ...object, spec: { ...spec, services: [] } };
    case 'labels':
      return { ...object, metadata: { ...metadata, labels: {} }, spec: { ...spec, labels: {} } };
    case 'authentication': {
      const authentication = { clientIds: ['of-somebody'] };
      return { ...object, spec: { ...spec, compassMetadata: { ...(spec.compassMetadata ?? {}), authentication } } };
    }
    case 'compassMetadata': {
      const { compassMetadata: _, ...others } = spec;
      return { ...object, spec: others };
    }
  }
}

function withFinalizers(object: StoredObject, finalizers: string[]): StoredObject {
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/** Somebody makes an Application by hand, under a name that a system has or may come to have. */
function makeForeign(world: World): void {
  const taken = new Set(world.server.storage.list('applications').map(({ metadata }) => metadata.name));
  const free = world.ucl.landscape.present().find(({ name }) => !taken.has(name));
  const name = free?.name ?? 'mp-of-somebody';
  world.server.create(
    { plural: 'applications', namespace: '', name },
    { spec: { description: 'by hand', services: [] } },
  );
}

const byHand = { origin: 'by-hand' };

function isForeign({ labels }: StoredObject['metadata']): boolean {
  return labels?.origin === byHand.origin;
}

/** Somebody deletes a Secret of the agent's and puts one of the same name there, and takes it away later. */
function placeForeignSecret(world: World, { pick, isOwned, forMs }: Extract<Step, { do: 'foreign-secret' }>): void {
  const { server } = world;
  const ours = server.storage.list('secrets').filter(({ metadata }) => metadata.labels?.bundleId !== undefined);
  const name = pickOf(ours, pick)?.metadata.name;
  if (name === undefined) return;
  const place: Place = { plural: 'secrets', namespace: 'kyma-system', name };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'of-somebody', uid: 'uid-of-somebody' };
  server.remove(place);
  // By that label the agent lists Secrets: it sees this one, and cannot see the other.
  const seen = { labels: { ...byHand, bundleId: 'of-somebody' }, ownerReferences: [owner] };
  const metadata = isOwned ? seen : { labels: byHand };
  server.create(place, { apiVersion: 'v1', kind: 'Secret', metadata, data: {} });
  world.during(forMs, () => removeForeignSecret(world, name));
}

function removeForeignSecret({ server }: World, name: string): void {
  const place: Place = { plural: 'secrets', namespace: 'kyma-system', name };
  const present = server.storage.get(place);
  if (present !== undefined && isForeign(present.metadata)) server.remove(place);
}

/** Somebody approves by a hash that is not the one of the hold, be it that the hold has changed meanwhile. */
function approveOther(world: World, { which }: Extract<Step, { do: 'approve-other' }>): void {
  const present = heldHashOf(world.server.storage.get(places.connection));
  const told = world.backups.map((backup) => {
    return heldHashOf(backup.find(({ place }) => place.name === places.connection.name)?.object);
  });
  const former = told.findLast((hash) => hash !== undefined && hash !== present);
  const hash = which === 'former' ? former : '0123456789ab';
  if (hash !== undefined) annotate(world, places.connection, `${prefix}/prune-approved`, hash);
}

/** Sets an annotation; undefined takes it away. */
export function annotate(world: World, place: Place, key: string, value: string | undefined): void {
  world.server.change(place, (object) => {
    const { [key]: _, ...others } = object.metadata.annotations ?? {};
    const annotations = value === undefined ? others : { ...others, [key]: value };
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
}
