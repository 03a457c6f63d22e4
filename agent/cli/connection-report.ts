import { annotations } from '../domain/annotations.ts';
import type { CompassConnection } from '../domain/connection.ts';
import type { Condition, SystemFailure } from '../domain/connection-status.ts';
import { isSuspended } from '../domain/is-suspended.ts';
import { readEcho, toStoredMemory } from '../domain/stored-memory.ts';
import { type HeldRemoval, listHolds } from './list-holds.ts';

/** What the commands tell of a CompassConnection: also the document of `status --output json`. Instants are RFC 3339. */
export interface ConnectionReport {
  name: string;
  /** `connectionState`, or `Unknown` before the first status. */
  state: string;
  ready: { status: Condition['status']; reason: string; message: string; since?: string };
  suspended: boolean;
  /** The command that ends the suspension. */
  resumeCommand?: string;
  /** False: the CRD in the cluster keeps the fields of the Go agent alone, so less is known. */
  detailed: boolean;
  runtimeId?: string;
  directorUrl?: string;
  connectorUrl?: string;
  conditions: Condition[];
  certificate: { notBefore?: string; notAfter?: string; renewAt?: string };
  lastSync?: string;
  lastSyncTrigger?: string;
  lastSuccessfulSync?: string;
  nextSync?: string;
  /** Until when the agent meant this status to be believed. */
  staleAfter?: string;
  applications?: { desired: number; ready: number; failed: number };
  failures: SystemFailure[];
  failuresTotal: number;
  /** Errors of the legacy fields, where no conditions tell them. */
  errors: string[];
  /** Every removal that is held, the earliest first. */
  holds: HeldRemoval[];
  /** The earliest, and how many Applications wait in all. */
  pruneHeld?: { count: number; hash: string; since?: string; until?: string; approveCommand: string };
  handledSyncRequest?: string;
  handledRenewRequest?: string;
}

/**
 * Gathers the facts from whichever fields the object has; the fields of the Go agent are enough. `kubectl` is the beginning
 * of every command for a person: it names the cluster where that is not the current one.
 */
export function toConnectionReport(connection: CompassConnection, now: Date, kubectl: string): ConnectionReport {
  const status = connection.status;
  const legacy = status?.connectionStatus;
  const conditions = status?.conditions ?? [];
  const certificate = {
    notBefore: status?.certificate?.notBefore ?? legacy?.certificateStatus.notBefore,
    notAfter: status?.certificate?.notAfter ?? legacy?.certificateStatus.notAfter,
    renewAt: status?.certificate?.renewAt,
  };
  const errors = [legacy?.error, status?.synchronizationStatus?.error].filter(isText);
  const { failures = [] } = status ?? {};
  const holds = listHolds(connection);
  return {
    name: connection.metadata.name,
    state: status?.connectionState ?? 'Unknown',
    ready: readiness(connection, certificate.notAfter ?? undefined, errors, now),
    ...suspension(connection, kubectl),
    detailed: conditions.length > 0,
    conditions,
    certificate: present(certificate),
    holds,
    failures,
    failuresTotal: status?.failuresTotal ?? failures.length,
    errors: conditions.length > 0 ? [] : errors,
    ...present({
      runtimeId: status?.runtimeId,
      directorUrl: connection.spec.managementInfo.directorUrl,
      connectorUrl: connection.spec.managementInfo.connectorUrl,
      lastSync: status?.lastSync ?? status?.synchronizationStatus?.lastAttempt ?? legacy?.lastSync,
      lastSyncTrigger: status?.lastSyncTrigger,
      lastSuccessfulSync: status?.synchronizationStatus?.lastSuccessfulApplication ?? legacy?.lastSuccess,
      nextSync: status?.nextSync,
      staleAfter: status?.staleAfter,
      handledSyncRequest: readEcho(toStoredMemory(connection), 'sync'),
      handledRenewRequest: readEcho(toStoredMemory(connection), 'renew'),
    }),
    ...(status?.applications === undefined ? {} : { applications: counts(status.applications) }),
    ...pruneHeld(connection, holds, kubectl),
  };
}

function targetOf({ metadata }: CompassConnection): string {
  return `compassconnection ${metadata.name}`;
}

/** The command lets all of them go, as the sentence before it says. */
function pruneHeld(
  connection: CompassConnection,
  holds: readonly HeldRemoval[],
  kubectl: string,
): Pick<ConnectionReport, 'pruneHeld'> {
  const [earliest] = holds;
  if (earliest === undefined) return {};
  const ids = holds.map(({ id }) => id).join(',');
  return {
    pruneHeld: {
      count: connection.status?.prune?.heldCount ?? holds.reduce((sum, { count }) => sum + count, 0),
      hash: earliest.id,
      ...present({ since: earliest.since, until: earliest.until }),
      approveCommand: `${kubectl} annotate ${targetOf(connection)} ${annotations.pruneApproved}=${ids} --overwrite`,
    },
  };
}

function suspension(
  connection: CompassConnection,
  kubectl: string,
): Pick<ConnectionReport, 'suspended' | 'resumeCommand'> {
  const target = targetOf(connection);
  const { spec } = connection;
  if (spec.suspend === true) {
    return {
      suspended: true,
      resumeCommand: `${kubectl} patch ${target} --type merge -p '{"spec":{"suspend":false}}'`,
    };
  }
  return isSuspended(connection)
    ? { suspended: true, resumeCommand: `${kubectl} annotate ${target} ${annotations.suspend}-` }
    : { suspended: false };
}

function readiness(
  connection: CompassConnection,
  notAfter: string | undefined,
  errors: readonly string[],
  now: Date,
): ConnectionReport['ready'] {
  const status = connection.status;
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition !== undefined) {
    const { status: ready, reason, message, lastTransitionTime: since } = condition;
    const { staleAfter } = status ?? {};
    if (staleAfter != null && Date.parse(staleAfter) <= now.getTime()) {
      const told = `Before that it said: ${ready} (${reason}). ${message}`;
      return {
        status: 'Unknown',
        reason: 'StatusStale',
        message: `The agent should have written this status again before ${staleAfter}, and has not: it is not running, or cannot write. ${told}`,
        since: staleAfter,
      };
    }
    return { status: ready, reason, message, since };
  }
  if (status === undefined) {
    return { status: 'Unknown', reason: 'NoStatus', message: 'No agent has written a status yet.' };
  }
  if (notAfter !== undefined && Date.parse(notAfter) <= now.getTime()) {
    return { status: 'False', reason: 'CertificateExpired', message: `The client certificate expired at ${notAfter}.` };
  }
  const synchronized = status.connectionState === 'Synchronized';
  const [error] = errors;
  return {
    status: synchronized ? 'True' : status.connectionState === 'Connected' ? 'Unknown' : 'False',
    reason: status.connectionState,
    message: error ?? (synchronized ? 'The last synchronization succeeded.' : 'The status names no error.'),
  };
}

function counts({ desired, ready, failed }: { desired: number; ready: number; failed: number }) {
  return { desired, ready, failed };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The entries that hold a text; null stands for "never" in a status. */
function present<Name extends string>(record: Record<Name, string | null | undefined>): { [N in Name]?: string } {
  const kept: { [N in Name]?: string } = {};
  for (const name in record) {
    const value = record[name];
    if (isText(value)) kept[name] = value;
  }
  return kept;
}
