import { decode, systemIdOf } from '../cluster/object.ts';
import { heldHashOf, meddle, rubbish } from '../history/meddle.ts';
import { setClock } from '../history/take-step.ts';
import { places, type World } from '../history/world.ts';
import { numberOf } from '../ucl/certificates.ts';
import type { SimulatedSystem } from '../ucl/landscape.ts';
import { connectorUrl, runtimeId, tenant } from '../ucl/ucl.ts';
import { findDifference } from './find-difference.ts';
import { findLoot } from './watch-secrets.ts';
import { conditionOf } from './watch-status.ts';

const minute = 60_000;
const lookMs = 15_000;
const certificateReasons = new Set(['CertificateExpired', 'RenewalOverdue', 'RenewalFailing']);
const requestKinds = [
  ['sync', 'lastHandledSyncRequest'],
  ['renew', 'lastHandledRenewRequest'],
] as const;
/** What of a status only a person can change, by what is told: a new token. */
const needsToken = new Set([
  'TokenMissing',
  'TokenRefused',
  'TokenRefusedOrUnavailable',
  'CertificateRejected',
  'CompassRefused',
  'RuntimeMismatch',
]);

/**
 * When faults have ended, the cluster equals the landscape within two periods and 20 minutes and the status says so; or a
 * state is named that only a person can change, and that person's act leads on. After that nothing is written any more.
 */
export async function judgeConvergence(world: World): Promise<void> {
  const approved = new Set<string>();
  for (let acts = 0; ; acts += 1) {
    const gap = await findLastingGap(world);
    if (gap === undefined || world.violations.length > 0) return;
    const hold = findHoldToApprove(world);
    if (hold !== undefined && !approved.has(hold)) {
      world.note('ACT the hold is approved');
      meddle(world, { at: 0, do: 'approve' });
      approved.add(hold);
      acts -= 1;
      continue;
    }
    const reason = toReason(world);
    if (acts > 0)
      return world.violate('acts-lead-on', `${gap}, after a new token; the status says ${reason ?? 'nothing'}`);
    if (world.clock.offsetMs !== 0 && isClockNamed(world, reason)) {
      world.note(`ACT the clock is set right, since the status says ${reason ?? 'CertificateExpired'}`);
      setClock(world, 0);
      acts = -1;
      continue;
    }
    if (reason === undefined || !(needsToken.has(reason) || isAnsweredInVain(world, reason))) {
      return world.violate('converges', `${gap}; the status says ${reason ?? 'nothing'}`);
    }
    if (!isTokenNeeded(world))
      return world.violate('tokens-are-asked-for-with-reason', `${gap}; the status says ${reason}`);
    world.note(`ACT a new token, since the status says ${reason}`);
    world.configure(world.ucl.connector.issueToken());
  }
}

/**
 * Whether only a person can help: the configuration Secret speaks of another runtime; or UCL takes the stored pair no more,
 * or nobody knows to which address it belongs, and the token that stands there is good for nothing.
 */
function isTokenNeeded({ server, ucl }: World): boolean {
  const { crt = '', key = '' } = decode(server.storage.get(places.client));
  const certificate = ucl.connector.find(crt);
  const isOfKey = certificate !== undefined && certificate.key === numberOf(key);
  const works = isOfKey && !certificate.isRevoked && ucl.connector.isInForce(certificate);
  const { managementInfo } = server.storage.get(places.connection)?.spec ?? {};
  const isAddressKnown =
    ((managementInfo as { directorUrl?: string } | undefined)?.directorUrl ?? '') !== '' ||
    decode(server.storage.get(places.pairing)).paired !== undefined;
  const { TOKEN = '', ...names } = decode(server.storage.get(places.configuration));
  if (names.TENANT !== tenant || names.RUNTIME_ID !== runtimeId || names.CONNECTOR_URL !== connectorUrl) return true;
  return !(works && isAddressKnown) && !ucl.connector.isUsable(TOKEN);
}

/**
 * Connector has answered the token with something of no use, so that the token is used up. The same reason, told as no
 * stall, is that of an answer that may be better the next time.
 */
function isAnsweredInVain({ server, ucl }: World, reason: string): boolean {
  const stalled = conditionOf(server.storage.get(places.connection), 'Stalled');
  const { TOKEN = '' } = decode(server.storage.get(places.configuration));
  return reason === 'InvalidAnswer' && stalled?.reason === reason && !ucl.connector.isUsable(TOKEN);
}

/** By a wrong clock certificates seem expired, also the one that a token brought. */
function isClockNamed(world: World, reason: string | undefined): boolean {
  const ready = conditionOf(world.server.storage.get(places.connection), 'Ready');
  return certificateReasons.has(ready?.reason ?? '') || (reason !== undefined && needsToken.has(reason));
}

/** What keeps the world from being as it should be; undefined when nothing does. */
function findGap(world: World): string | undefined {
  if (!world.ucl.connector.isDirectorFound) return 'Director is not found';
  const systems = world.ucl.landscape.present();
  const taken = new Set(
    world.server.storage
      .list('applications')
      .filter((object) => systemIdOf(object) === undefined)
      .map(({ metadata }) => metadata.name),
  );
  const free = systems.filter(({ name }) => !taken.has(name));
  const refused = free.find(({ name }) => name === world.server.faults.refused?.name);
  const isKeptOut = refused !== undefined && isWrong(world, refused);
  const others = isKeptOut ? free.filter((system) => system !== refused) : free;
  const mayHaveMore = world.config.prunePolicy === 'upsert-only';
  const difference = findDifference(world, others, { isSettled: () => true, mayHaveMore, others: systems });
  if (difference !== undefined) return difference;
  const untold = findUntold(world, others.length < systems.length);
  // What differs may be something that no system says.
  return untold !== undefined && refused !== undefined ? findUntold(world, true) : untold;
}

function isWrong(world: World, system: SimulatedSystem): boolean {
  return findDifference(world, [system], { isSettled: () => true, mayHaveMore: true }) !== undefined;
}

function findUntold(world: World, isConflict: boolean): string | undefined {
  const connection = world.server.storage.get(places.connection);
  if (connection === undefined) return 'there is no CompassConnection';
  if (decode(world.server.storage.get(places.authority)).cacert === undefined) return 'the CA Secret is missing';
  if (world.server.storage.get(places.client) === undefined) return 'the client Secret is missing';
  const loot = findLoot(world);
  if (loot !== undefined) return `the Secret of the pairing still holds ${loot}`;
  const { metadata, status, spec } = connection;
  for (const [kind, echoField] of requestKinds) {
    const asked = metadata.annotations?.[`compass.kyma-project.io/${kind}-requested-at`];
    const echo = status?.[echoField] ?? metadata.annotations?.[`compass.kyma-project.io/last-handled-${kind}-request`];
    if (asked !== undefined && asked !== echo) return `${asked} is not echoed`;
  }
  const left = ['resyncNow', 'refreshCredentialsNow'].find((field) => spec?.[field] === true);
  if (left !== undefined) return `${left} is not taken back`;
  const told = conditionOf(connection, 'Synchronized');
  if (told === undefined)
    return status?.connectionState === 'Synchronized' ? undefined : `the state is ${String(status?.connectionState)}`;
  const wanted = isConflict ? 'ApplicationsFailed' : 'Synchronized';
  if (told.reason !== wanted) return `Synchronized is ${told.status}, ${told.reason}`;
  const connected = conditionOf(connection, 'Connected');
  if (connected?.status === 'False') return `Connected is False, ${connected.reason}`;
  const ready = conditionOf(connection, 'Ready');
  // Where more than half of the systems cannot have their names, that is right.
  if (isConflict && ready?.reason === 'ApplicationsFailed') return undefined;
  return ready?.status === 'True' ? undefined : `Ready is ${String(ready?.status)}, ${String(ready?.reason)}`;
}

/**
 * What is wrong when the time is over in which all should have come right, or after a while in which nothing happened. A
 * status that a process could not write any more may say too early that all is well.
 */
async function findLastingGap(world: World): Promise<string | undefined> {
  // The known Connector is asked where Director is once an hour at most.
  const moveMs = world.ucl.connector.hasMoved ? 75 * minute : 0;
  const end = world.timeline.now + 2 * toPeriodMs(world) + 20 * minute + moveMs;
  for (;;) {
    const gap = (await converges(world, end)) ? await watchIdleness(world) : findGap(world);
    if (gap === undefined || world.timeline.now >= end || world.violations.length > 0) return gap;
  }
}

function toPeriodMs({ config: { schedule } }: World): number {
  return schedule.kind === 'period' ? schedule.periodMs : 3 * minute;
}

async function converges(world: World, planned: number): Promise<boolean> {
  const periodMs = toPeriodMs(world);
  let end = planned;
  const latest = end + 2 * periodMs + 2 * (world.config.pruneHoldMs === 'approve' ? 0 : world.config.pruneHoldMs);
  while (world.timeline.now < end && world.violations.length === 0) {
    await world.timeline.runUntil(world.timeline.now + lookMs, () => world.violations.length === 0);
    if (findGap(world) === undefined) {
      // A status that could not be written yet tells of what was; and what was under way comes to its end.
      await world.timeline.runUntil(world.timeline.now + periodMs, () => world.violations.length === 0);
      if (findGap(world) === undefined) return true;
    }
    // A removal that is held takes its time from the first read that could begin it.
    if (isHeld(world)) end = Math.max(end, Math.min(world.timeline.now + periodMs, latest));
  }
  return world.violations.length > 0;
}

/** The hash of the hold that is told, where it waits for a person alone, and not for UCL. */
function findHoldToApprove({ server, config }: World): string | undefined {
  const connection = server.storage.get(places.connection);
  const isConnected = conditionOf(connection, 'Connected')?.status === 'True';
  return config.pruneHoldMs === 'approve' && isConnected ? heldHashOf(connection) : undefined;
}

function isHeld(world: World): boolean {
  const connection = world.server.storage.get(places.connection);
  if (conditionOf(connection, 'PruneHeld') !== undefined) return true;
  const note = connection?.metadata.annotations?.['compass.kyma-project.io/prune-memory'];
  return connection?.status?.conditions === undefined && note?.includes('"keys"') === true;
}

/** A period in which nothing happens, so that nothing is written but the status. Gives what is wrong after it. */
async function watchIdleness(world: World): Promise<string | undefined> {
  const periodMs = toPeriodMs(world);
  const isFine = () => world.violations.length === 0;
  // By a wrong clock a renewal may be due at any time.
  // What is refused is tried again and again, and what belongs to it waits.
  const isRefused = world.server.faults.refused !== undefined;
  let isWatching = !isRenewalNear(world, periodMs + minute) && !isRefused && world.clock.offsetMs === 0;
  world.observers.push({
    onWrite: ({ agent, place, verb, before }) => {
      if (!isWatching || agent === undefined || place.name === places.connection.name) return;
      // What somebody spoilt twice within an hour is put back when that hour is over.
      if (place.name === places.client.name && decode(before).crt === rubbish) return;
      world.violate('idle-writes-nothing', `${verb} of ${place.plural}/${place.name}, and nothing had happened`);
    },
  });
  await world.timeline.runUntil(world.timeline.now + periodMs + minute, isFine);
  isWatching = false;
  return findGap(world);
}

/** Whether the stored certificate may be renewed within that time: up to a tenth of the share that is left earlier. */
export function isRenewalNear({ server, ucl, clock, config }: World, withinMs: number): boolean {
  const { crt = '' } = decode(server.storage.get(places.client));
  const certificate = ucl.connector.find(crt);
  if (certificate === undefined) return false;
  const { from, to } = certificate;
  return clock.nowMs() + withinMs >= to - (to - from) * config.certValidityRenewalThreshold * 1.1;
}

function toReason(world: World): string | undefined {
  const connection = world.server.storage.get(places.connection);
  const connected = conditionOf(connection, 'Connected');
  if (connected !== undefined) return connected.status === 'False' ? connected.reason : undefined;
  const status = connection?.status?.connectionStatus as { error?: string } | undefined;
  const isFailed = String(connection?.status?.connectionState).startsWith('Connection');
  if (!isFailed) return undefined;
  // The shipped CRD has no reasons; the words name the token.
  return /token/i.test(status?.error ?? '') ? 'TokenRefused' : status?.error;
}
