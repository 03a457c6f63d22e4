import type { KubeWrite } from '../cluster/api-server.ts';
import { keyOf, type StoredObject } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { SimulatedSystem } from '../ucl/landscape.ts';
import type { UclCall } from '../ucl/ucl.ts';
import { findDifference } from './find-difference.ts';

/** A read of the landscape: what UCL told in it, as long as all went well. */
interface Read {
  readonly life: number;
  readonly sentAt: number;
  readonly start: number;
  readonly systems: SimulatedSystem[];
  /** Systems that a look at the ids has shown, whatever the pages said. */
  readonly others: SimulatedSystem[];
  /** Systems that did not come whole. */
  readonly broken: Set<string>;
  /** How many systems came, from the first without a gap. */
  reached: number;
  /** How many there are; undefined: the last page has not come. */
  end: number | undefined;
  /** Whether what came can be taken for the truth. */
  isUsable: boolean;
}

/**
 * How long an object may differ from what the agent believes, after somebody else's write or the opening of a silent or
 * late watch that was to tell of it: a silent one is given up after two minutes.
 */
const blindMs = 150_000;

/** `Synchronized` means that the last read is in the cluster: no failed read, and no difference, hides behind it. */
export function watchStatus(world: World): Observer {
  let read: Read | undefined;
  /** The systems of a page, as they were when it was given. */
  const answers = new WeakMap<UclCall, readonly SimulatedSystem[]>();
  /** When somebody else last wrote an object. */
  const touched = new Map<string, number>();

  const judge = ({ before, after }: KubeWrite) => {
    if (read === undefined || !claimsSynchronized(after)) return;
    if (JSON.stringify(before?.status) === JSON.stringify(after?.status)) return;
    // Written again so that it can be believed longer, it claims nothing that it did not claim before.
    if (claimsSynchronized(before) && before?.status?.lastSync === after?.status?.lastSync) return;
    if (world.agents.every(({ life }) => life?.number !== read?.life)) return;
    if (!isWhole(read)) {
      world.violate('status-is-true', 'Synchronized, and the last read failed or was not whole');
      return;
    }
    const isSettled = (key: string) => {
      const since = Math.max(
        ...[touched.get(key), world.server.hiddenAt.get(key)].map((at) => at ?? Number.NEGATIVE_INFINITY),
      );
      return world.timeline.now - since > blindMs;
    };
    const { start } = read;
    const difference = findDifference(world, read.systems, {
      isSettled,
      isAsRead: (key) => (touched.get(key) ?? Number.NEGATIVE_INFINITY) < start,
      mayHaveMore: isHeld(after) || world.config.prunePolicy === 'upsert-only',
      others: read.others,
    });
    if (difference !== undefined) world.violate('status-is-true', `Synchronized, and ${difference}`);
  };

  return {
    onUclCall: (call) => {
      if (call.page?.isIdsOnly === true) noteIds(world, call.page.ids, read?.others);
      answers.set(call, toSystems(world, call.page?.ids ?? []));
    },
    onUclDelivered: (call, life) => {
      if (call.operation !== 'LandscapePage') return;
      if (call.offset === 0 || read?.life !== life.number) read = beginRead(life.number, call);
      takePage(call, answers.get(call) ?? [], read);
    },
    onUclLost: (call, life) => {
      // One that comes too late was given up, and another one was sent after it.
      const isLatest = call.sentAt > (read?.sentAt ?? Number.NEGATIVE_INFINITY);
      if (call.operation === 'LandscapePage' && call.offset === 0 && isLatest) read = beginRead(life.number, call);
    },
    onWrite: (write) => {
      if (write.agent === undefined) touched.set(keyOf(write.place), write.at);
      else if (write.place.name === places.connection.name && !write.isRefused) judge(write);
    },
  };
}

function beginRead(life: number, { at, sentAt }: UclCall): Read {
  const nothing = { systems: [], others: [], broken: new Set<string>(), reached: 0, end: undefined };
  return { life, sentAt, start: at, ...nothing, isUsable: true };
}

function isWhole({ broken, reached, end, isUsable }: Read): boolean {
  return isUsable && broken.size === 0 && reached === end;
}

/** A page that does not come is asked for again, be it in parts. */
function takePage({ page, offset }: UclCall, systems: readonly SimulatedSystem[], read: Read): void {
  if (page === undefined) return;
  read.isUsable &&= page.isUsable;
  for (const id of page.ids) {
    if (page.broken.includes(id)) read.broken.add(id);
    else read.broken.delete(id);
  }
  if (offset <= read.reached) read.reached = offset + page.ids.length;
  if (page.isLast) read.end = offset + page.ids.length;
  read.systems.push(...systems);
}

function noteIds(world: World, ids: readonly string[], others: SimulatedSystem[] = []): void {
  others.push(...toSystems(world, ids));
}

function toSystems({ ucl }: World, ids: readonly string[]): SimulatedSystem[] {
  return ids.flatMap((id) => ucl.landscape.systems.get(id) ?? []);
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export function conditionOf(connection: StoredObject | undefined, type: string): Condition | undefined {
  const conditions = (connection?.status?.conditions ?? []) as Condition[];
  return conditions.find((condition) => condition.type === type);
}

export function claimsSynchronized(connection: StoredObject | undefined): boolean {
  // Without a connection the last sync is history, and that is told.
  if (conditionOf(connection, 'Connected')?.status === 'False') return false;
  // Its message says that the rest is of the sync before.
  if (conditionOf(connection, 'Reconciling')?.status === 'True') return false;
  const condition = conditionOf(connection, 'Synchronized');
  if (condition !== undefined) return condition.status === 'True';
  const legacy = connection?.status?.synchronizationStatus as { error?: string } | undefined;
  return connection?.status?.connectionState === 'Synchronized' && legacy?.error === undefined;
}

/** On the shipped CRD a removal that waits is told nowhere. */
function isHeld(connection: StoredObject | undefined): boolean {
  const conditions = connection?.status?.conditions;
  return conditions === undefined || conditionOf(connection, 'PruneHeld') !== undefined;
}
