import type { Config } from '../config/config.ts';
import type { Logger } from '../log/logger.ts';
import type { Time } from '../time/time.ts';
import type { ConfigurationSource, Connectors, CredentialStore, Directors, KeySource } from './ports.ts';

/** Everything around the room that it acts through. */
export interface ConnectionParts {
  readonly ports: ConnectionPorts;
  readonly settings: ConnectionSettings;
  readonly time: Pick<Time, 'now' | 'instant'>;
  readonly keys: KeySource;
  readonly log: Logger;
  /** Called with every secret as soon as it is known, so that no log line can hold it. */
  readonly registerSecret: (secret: string) => void;
  /** Called as soon as it is known whom requests are made for. */
  readonly onRuntimeId: (runtimeId: string) => void;
}

export interface ConnectionPorts {
  readonly configuration: ConfigurationSource;
  readonly credentials: CredentialStore;
  readonly connectors: Connectors;
  readonly directors: Directors;
}

export type ConnectionSettings = Readonly<
  Pick<Config, 'certKeySize' | 'pairingRetryDelaysMs' | 'certValidityRenewalThreshold' | 'compassTrustedHosts'>
>;
