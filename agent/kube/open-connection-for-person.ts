import type { Logger } from '../log/logger.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';
import type { Time } from '../time/time.ts';
import { createKubeTransport, type KubeTransport } from './api/create-kube-transport.ts';
import { openConnectionStore } from './open-connection-store.ts';
import { tellPerson, toPersonsError } from './tell-person.ts';

export interface PersonsAccess {
  /** Otherwise as `loadKubeConfig` finds it. */
  readonly kubeconfigFile?: string;
  readonly context?: string;
}

export interface PersonsTools {
  /** The beginning of a command that asks the same cluster. */
  readonly kubectl: string;
  readonly log: Logger;
  readonly time: Time;
}

/** The CompassConnection for the command of a person, with the rights of their own. Throws AgentError in words for them. */
export function openConnectionForPerson(access: PersonsAccess, { kubectl, log, time }: PersonsTools): ConnectionStore {
  const exchange = openTransport(access, kubectl, time);
  const words = { kubectl, isServiceAccount: exchange.isServiceAccount };
  const store = openConnectionStore({ exchange, log, time });
  return {
    read: tellPerson(store.read, words),
    create: tellPerson(store.create, words),
    update: tellPerson(store.update, words),
    writeStatus: tellPerson(store.writeStatus, words),
  };
}

function openTransport({ kubeconfigFile, context }: PersonsAccess, kubectl: string, time: Time): KubeTransport {
  try {
    return createKubeTransport(kubeconfigFile, time, context);
  } catch (error: unknown) {
    throw toPersonsError(error, { kubectl, isServiceAccount: false });
  }
}
