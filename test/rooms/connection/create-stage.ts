import { beforeAll, beforeEach } from 'vitest';
import type { ConnectionFacts } from '../../../agent/connection/connection-facts.ts';
import {
  type ConnectionMemory,
  initialConnectionMemory,
  rememberAnswer,
  rememberConnection,
} from '../../../agent/connection/connection-memory.ts';
import type { ConnectionParts } from '../../../agent/connection/connection-parts.ts';
import {
  createCertificateSigningRequest,
  readSubject,
} from '../../../agent/connection/create-certificate-signing-request.ts';
import { toRenewAt } from '../../../agent/connection/decide-renewal.ts';
import { toDirectorAnswer } from '../../../agent/connection/director-answer.ts';
import { keepConnection } from '../../../agent/connection/keep-connection.ts';
import type { ConnectionSpec } from '../../../agent/domain/connection.ts';
import { type AgentError, toAgentError } from '../../../agent/errors/agent-error.ts';
import { idOf } from '../../data/builders/landscape.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryConfiguration } from '../../data/fakes/in-memory-configuration.ts';
import { InMemoryConnectors } from '../../data/fakes/in-memory-connectors.ts';
import { InMemoryCredentials } from '../../data/fakes/in-memory-credentials.ts';
import { InMemoryDirectors } from '../../data/fakes/in-memory-directors.ts';
import { InMemoryUcl } from '../../data/fakes/in-memory-ucl.ts';
import { prepareKeys } from '../../data/fakes/prepare-keys.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

export interface RunOptions {
  /** By the older field of the spec, unless a `token` is given. */
  readonly isRenewalForced?: boolean;
  readonly token?: string;
  readonly isUnattended?: boolean;
}

/** Made once for all tests of a file: keys and an authority take a second. */
export async function prepareStages() {
  const [generatePrivateKey, { authority }] = await Promise.all([
    prepareKeys(),
    InMemoryUcl.create({ now: () => new Date() }),
  ]);
  return () => new ConnectionStage(generatePrivateKey, authority);
}

/** Gives each test of a file a stage of its own. */
export function beforeEachStage(take: (fresh: ConnectionStage) => void): void {
  let createStage: () => ConnectionStage;
  beforeAll(async () => {
    createStage = await prepareStages();
  });
  beforeEach(() => take(createStage()));
}

/** The room between a UCL and Secrets in memory, in virtual time; and the CompassConnection as others keep it. */
export class ConnectionStage {
  readonly time = new VirtualTime();
  readonly ucl: InMemoryUcl;
  readonly credentials = new InMemoryCredentials();
  readonly configuration = new InMemoryConfiguration();
  readonly connectors: InMemoryConnectors;
  readonly directors: InMemoryDirectors;
  readonly log = recordLog();
  readonly secrets: string[] = [];
  readonly runtimeIds: string[] = [];
  readonly runtimeId = idOf('runtime');
  readonly parts: ConnectionParts;
  memory: ConnectionMemory = initialConnectionMemory;
  managementInfo: ConnectionSpec['managementInfo'] | undefined;
  abort = new AbortController();

  constructor(generatePrivateKey: () => Promise<string>, authority: InMemoryUcl['authority']) {
    this.ucl = new InMemoryUcl(authority, this.time);
    this.connectors = new InMemoryConnectors(this.ucl);
    this.directors = new InMemoryDirectors(this.ucl);
    this.parts = {
      ports: {
        configuration: this.configuration,
        credentials: this.credentials,
        connectors: this.connectors,
        directors: this.directors,
      },
      settings: {
        certKeySize: 2048,
        pairingRetryDelaysMs: [60_000, 180_000],
        certValidityRenewalThreshold: 0.3,
        compassTrustedHosts: undefined,
      },
      time: this.time,
      keys: { generatePrivateKey, createCertificateSigningRequest, readSubject },
      log: this.log,
      registerSecret: (secret) => void this.secrets.push(secret),
      onRuntimeId: (runtimeId) => void this.runtimeIds.push(runtimeId),
    };
  }

  /** Puts a configuration into the Secret; with a new token where none is given. Gives the token. */
  configure(changes: { token?: string; runtimeId?: string; tenant?: string; connectorUrl?: string } = {}): string {
    const runtimeId = changes.runtimeId ?? this.runtimeId;
    const configuration = {
      connectorUrl: this.ucl.connectorUrl,
      tenant: 'tenant',
      ...changes,
      runtimeId,
      token: changes.token ?? this.ucl.issueToken(runtimeId),
    };
    this.configuration.content = { kind: 'present', configuration };
    return configuration.token;
  }

  /** One run by itself unless told otherwise, remembered; the CompassConnection then shows the addresses of the link. */
  async run({ isRenewalForced = false, token, isUnattended = true }: RunOptions = {}): Promise<ConnectionFacts> {
    const { memory, managementInfo } = this;
    const renewalRequest = token ?? (isRenewalForced || undefined);
    const request = { memory, managementInfo, renewalRequest, isUnattended };
    const facts = await keepConnection(request, this.parts, this.abort.signal);
    this.memory = rememberConnection(memory, facts);
    if (facts.link !== undefined) {
      const { directorUrl, securedConnectorUrl } = facts.link.addresses;
      this.managementInfo = { directorUrl, connectorUrl: securedConnectorUrl };
    }
    return facts;
  }

  /** A run that must give a link. */
  async connect(options: RunOptions = {}) {
    const facts = await this.run(options);
    if (facts.link === undefined) throw facts.error;
    return facts;
  }

  /** A run after which the Director is asked, and its answer remembered. Gives what is wrong. */
  async runAndAsk(): Promise<AgentError | undefined> {
    const { link, error } = await this.run();
    if (link === undefined) return error;
    const refusal = await this.directors
      .current(link)
      .proveIdentity(this.abort.signal)
      .catch((thrown: unknown) => toAgentError(thrown, 'Asking the Director'));
    this.memory = rememberAnswer(this.memory, toDirectorAnswer(refusal ?? undefined), this.time.now());
    return refusal ?? undefined;
  }

  /** An agent that has been connected for a while. */
  async beConnected() {
    const token = this.configure();
    const { link } = await this.connect();
    this.directors.current(link);
    this.credentials.calls.length = 0;
    this.directors.proven.length = 0;
    this.connectors.looks = 0;
    this.ucl.presented.length = 0;
    this.log.entries.length = 0;
    return { link, token };
  }

  /** One whose certificate is due for renewal from this very moment on. */
  async beDue() {
    const { link } = await this.beConnected();
    const { certValidityRenewalThreshold } = this.parts.settings;
    const renewAt = toRenewAt(link.certificate, certValidityRenewalThreshold, link.identity.runtimeId);
    await this.time.pass(renewAt.getTime() - this.time.now().getTime());
    return link;
  }

  /** The agent dies and another starts; only Secrets and the CompassConnection are left. */
  restart(): void {
    this.memory = initialConnectionMemory;
    this.abort = new AbortController();
    this.directors.close();
  }
}
