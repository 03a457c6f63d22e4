import type { CompassConnection } from '../domain/connection.ts';
import type { SystemFailure } from '../domain/connection-status.ts';
import { normalizeApplicationName } from '../domain/names.ts';
import type { ApplicationResource } from '../domain/resources.ts';
import { systemIdOf } from '../sync/ownership.ts';
import { type HeldRemoval, listHolds } from './list-holds.ts';

/** What the cluster tells of one system. */
export interface SystemFacts {
  /** undefined: there is none in the cluster. */
  readonly application: ApplicationResource | undefined;
  readonly failure: SystemFailure | undefined;
  /** The removal of it that waits. */
  readonly hold: HeldRemoval | undefined;
}

/**
 * The systems that somebody may mean: by the name of the Application, or by UCL's name or id of the system. Several where
 * one name stands for several. Pure.
 */
export function findSystems(
  asked: string,
  applications: readonly ApplicationResource[],
  connection: CompassConnection | undefined,
): SystemFacts[] {
  const failures = connection?.status?.failures ?? [];
  const holds = connection === undefined ? [] : listHolds(connection);
  const meant = failures.filter(({ name, applicationId }) => name === asked || applicationId === asked);
  const meantIds = new Set([asked, ...meant.map(({ applicationId }) => applicationId)]);
  const found = applications.filter(
    (application) =>
      isNamed(application, asked) || (systemIdOf(application) !== '' && meantIds.has(systemIdOf(application))),
  );
  const foundIds = new Set(found.map(systemIdOf));
  return [
    ...found.map((application) => ({
      application,
      failure: failures.find((failure) => concerns(failure, application)),
      hold: holds.find(({ names }) => names.includes(application.metadata.name)),
    })),
    ...meant
      .filter(
        (failure) =>
          !foundIds.has(failure.applicationId) && !found.some((application) => concerns(failure, application)),
      )
      .map((failure) => ({ application: undefined, failure, hold: undefined })),
  ];
}

function isNamed({ metadata, spec }: ApplicationResource, asked: string): boolean {
  return [asked, normalizeApplicationName(asked)].includes(metadata.name) || spec.displayName === asked;
}

function concerns({ applicationId, name }: SystemFailure, application: ApplicationResource): boolean {
  const id = systemIdOf(application);
  return id === '' ? name === application.metadata.name : applicationId === id;
}
