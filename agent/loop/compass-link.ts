import type { Config } from '../config/config.ts';
import { type PairedConnection, type PairingContext, pair } from '../credentials/pair.ts';
import type { ClientPair, ConnectorFactory, CredentialStore, PairingRecord } from '../credentials/ports.ts';
import { renew } from '../credentials/renew.ts';
import { decideRenewal, type RenewalReason } from '../credentials/renewal-policy.ts';
import { type CertificateFacts, inspectPair, issuersIn } from '../credentials/verify-certificate.ts';
import type { CompassConnection } from '../domain/connection.ts';
import { AgentError, isAgentError, toAgentError } from '../errors/agent-error.ts';
import { type ConnectionDecision, decideConnection, explainConfiguration, type Paired } from './decide-connection.ts';
import type {
  ConfigurationSource,
  ConnectionStore,
  Director,
  DirectorFactory,
  PairingConfigurationRead,
} from './ports.ts';

export interface LinkPorts {
  readonly configuration: ConfigurationSource;
  readonly connection: ConnectionStore;
  readonly credentials: CredentialStore;
  readonly connectors: ConnectorFactory;
  readonly director: DirectorFactory;
}

/** A working connection with UCL: whom the certificate stands for, and the client made with it. */
export interface Link {
  readonly paired: Paired;
  readonly certificate: CertificateFacts;
  readonly director: Director;
}

/** What {@link CompassLink.ensure} did besides keeping the link. */
export type LinkEvent = 'paired' | 'renewed' | 'rebuilt' | 'identity-changed' | 'taken-over';

const renewalRetryMs = 5 * 60_000;

/**
 * Holds the client certificate and the Director client made with it, and keeps both good: pairs, renews, rebuilds
 * what is lost. The stored pair is never dropped before a new one has proven itself.
 */
export class CompassLink {
  readonly #ports: LinkPorts;
  readonly #config: Config;
  readonly #context: PairingContext;
  #link: (Link & { pair: ClientPair }) | undefined;
  #record: PairingRecord | undefined;
  #certificate: CertificateFacts | undefined;
  #caToStore: string | undefined;
  #isCaLookedFor = false;
  #renewNotBeforeMs = 0;
  #isRefused = false;
  /** The last failure of something that the link outlives: a renewal, the CA Secret, a pairing with a fallback. */
  maintenanceError: AgentError | undefined;
  readonly events: LinkEvent[] = [];

  constructor(
    ports: LinkPorts,
    config: Config,
    context: Omit<PairingContext, 'connectors' | 'store' | 'keySize' | 'retryDelaysMs'>,
  ) {
    this.#ports = ports;
    this.#config = config;
    this.#context = {
      ...context,
      connectors: ports.connectors,
      store: ports.credentials,
      keySize: config.certKeySize,
      retryDelaysMs: config.pairingRetryDelaysMs,
    };
  }

  /** The stored certificate as it was last seen, also while there is no link. */
  get certificate(): CertificateFacts | undefined {
    return this.#certificate;
  }

  /** Says how the Director took the certificate: after a refusal a new token in the Secret is used. */
  noteAnswer(isRefused: boolean): void {
    this.#isRefused = isRefused;
  }

  /**
   * Gives a link that is as good as it can be made now.
   * @throws AgentError saying why there is none; whatever was stored before is still there.
   */
  async ensure(
    resource: CompassConnection | undefined,
    { isRenewalForced, onRuntimeId }: { isRenewalForced: boolean; onRuntimeId: (runtimeId: string) => void },
    signal: AbortSignal,
  ): Promise<Link> {
    this.maintenanceError = undefined;
    const configuration = await this.#readConfiguration(signal);
    if (configuration.kind === 'present') onRuntimeId(configuration.configuration.runtimeId);
    const stored = await this.#readPair(signal);
    this.#record ??= await this.#ports.credentials.readPairingRecord(signal);
    this.#certificate = stored && inspectPair(stored);
    const decision = decideConnection({
      configuration,
      managementInfo: resource?.spec.managementInfo,
      certificate: this.#certificate,
      record: this.#record,
      isRefused: this.#isRefused,
      now: this.#context.clock(),
    });
    await this.#carryOut(decision, stored, signal);
    await this.#renewIfDue(isRenewalForced, signal);
    await this.#storeCaCertificate(signal);
    const link = this.#link;
    if (link === undefined) throw toAgentError(undefined, 'Connecting');
    await this.#storeUrls(resource, link.paired, signal);
    // The link goes on without it, and whoever mistyped something is waiting for an effect.
    if (configuration.kind === 'invalid') this.#noteMaintenance(explainConfiguration(configuration));
    return link;
  }

  /** Looks at the stored certificate and does nothing about it, for a status that is true while suspended. */
  async observe(signal: AbortSignal): Promise<void> {
    const stored = await this.#ports.credentials.readClientPair(signal);
    this.#certificate = stored && inspectPair(stored);
  }

  close(): void {
    this.#link?.director.close();
    this.#link = undefined;
  }

  async #readConfiguration(signal: AbortSignal): Promise<PairingConfigurationRead> {
    const read = await this.#ports.configuration.read(signal);
    if (read.kind === 'present') this.#context.registerSecret(read.configuration.token);
    return read;
  }

  /** Reads the stored pair each time; one that somebody deleted meanwhile is put back from memory. */
  async #readPair(signal: AbortSignal): Promise<ClientPair | undefined> {
    const stored = await this.#ports.credentials.readClientPair(signal);
    if (stored === undefined && this.#link !== undefined) {
      this.#context.log.warn('The client certificate Secret is gone; it is put back from memory');
      await this.#ports.credentials.storeClientPair(this.#link.pair, signal);
      return this.#link.pair;
    }
    if (stored !== undefined) this.#context.registerSecret(stored.privateKeyPem);
    return stored;
  }

  async #carryOut(decision: ConnectionDecision, stored: ClientPair | undefined, signal: AbortSignal): Promise<void> {
    switch (decision.do) {
      case 'fail':
        this.close();
        throw decision.error;
      case 'use':
        if (decision.isNew) {
          await this.#writeRecord({ ...this.#record, paired: decision.paired }, signal);
          this.events.push('taken-over');
        }
        return this.#connect(decision.paired, stored);
      case 'prove':
      case 'rebuild':
        if (stored === undefined) return;
        this.close();
        await this.#prove({ pair: stored, paired: decision.paired }, signal);
        await this.#writeRecord({ ...this.#record, paired: decision.paired }, signal);
        this.events.push(decision.do === 'rebuild' ? 'rebuilt' : 'identity-changed');
        return this.#connect(decision.paired, stored);
      case 'pair':
        return this.#pair(decision, stored, signal);
    }
  }

  async #pair(
    decision: Extract<ConnectionDecision, { do: 'pair' }>,
    stored: ClientPair | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const prove = decision.keepPresent ? (made: PairedConnection) => this.#prove(made, signal) : undefined;
    const outcome = await pair(decision.configuration, prove, this.#context, signal).catch((error: unknown) =>
      toAgentError(error, 'Pairing'),
    );
    this.#record = await this.#ports.credentials.readPairingRecord(signal);
    if (!(outcome instanceof AgentError)) {
      this.#isRefused = false;
      this.events.push('paired');
      this.#adopt(outcome);
      return;
    }
    if (decision.otherwise === undefined) {
      this.close();
      throw outcome;
    }
    this.#noteMaintenance(outcome);
    await this.#carryOut(decision.otherwise, stored, signal);
  }

  async #renewIfDue(isForced: boolean, signal: AbortSignal): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    const now = this.#context.clock();
    const due = decideRenewal({
      certificate: link.certificate,
      isForced,
      now,
      threshold: this.#config.certValidityRenewalThreshold,
      runtimeId: link.paired.runtimeId,
    });
    if (due === undefined || !due.canRenew || (!isForced && now.getTime() < this.#renewNotBeforeMs)) return;
    await this.#renew(link, due, now, signal);
  }

  async #renew(link: Link & { pair: ClientPair }, due: RenewalReason, now: Date, signal: AbortSignal): Promise<void> {
    this.#context.log.info('Renewing the client certificate', { reason: due.reason });
    // Written before the try: a failure of any kind is not repeated at once, also when the backend answers rubbish.
    this.#renewNotBeforeMs = now.getTime() + renewalRetryMs;
    try {
      this.#adopt(await renew(link.pair, link.paired, (made) => this.#prove(made, signal), this.#context, signal));
      this.#record = await this.#ports.credentials.readPairingRecord(signal);
      this.#renewNotBeforeMs = 0;
      this.events.push('renewed');
    } catch (error: unknown) {
      this.#noteMaintenance(toAgentError(error, 'Renewing the client certificate'));
    }
  }

  #adopt(made: PairedConnection): void {
    this.#caToStore = made.caCertificatePem;
    this.#certificate = inspectPair(made.pair);
    this.#connect(made.paired, made.pair);
  }

  /** The Director client lives as long as pair and identity stay the same, so that connections are reused. */
  #connect(paired: Paired, pair: ClientPair | undefined): void {
    const certificate = pair && inspectPair(pair);
    if (pair === undefined || certificate === undefined) return;
    const present = this.#link;
    const isSame =
      present?.certificate.fingerprint === certificate.fingerprint &&
      present.paired.directorUrl === paired.directorUrl &&
      present.paired.runtimeId === paired.runtimeId &&
      present.paired.tenant === paired.tenant;
    if (isSame) return;
    present?.director.close();
    const { directorUrl, runtimeId, tenant } = paired;
    this.#link = {
      paired,
      pair,
      certificate,
      director: this.#ports.director({ directorUrl, pair, runtimeId, tenant }),
    };
  }

  async #prove({ pair, paired }: Pick<PairedConnection, 'pair' | 'paired'>, signal: AbortSignal): Promise<void> {
    const { directorUrl, runtimeId, tenant } = paired;
    const director = this.#ports.director({ directorUrl, pair, runtimeId, tenant });
    try {
      await director.proveIdentity(signal);
    } finally {
      director.close();
    }
  }

  /** On its own and repeated: a missing `istio-system` must not cost the pairing. */
  async #storeCaCertificate(signal: AbortSignal): Promise<void> {
    try {
      await this.#lookForCaCertificate(signal);
      if (this.#caToStore === undefined) return;
      await this.#ports.credentials.storeCaCertificate(this.#caToStore, signal);
      this.#caToStore = undefined;
    } catch (error: unknown) {
      if (signal.aborted) return;
      this.#noteMaintenance(toAgentError(error, 'Writing the CA certificate Secret'));
    }
  }

  /** Once a life: an earlier one may have ended before the CA Secret could be written. */
  async #lookForCaCertificate(signal: AbortSignal): Promise<void> {
    const pair = this.#link?.pair;
    if (this.#isCaLookedFor || pair === undefined) return;
    const isMissing = this.#caToStore === undefined && !(await this.#ports.credentials.hasCaCertificate(signal));
    if (isMissing) this.#caToStore = issuersIn(pair);
    this.#isCaLookedFor = true;
  }

  /** What the link outlives is said and tried again with the next run; it must not hold up the syncs. */
  #noteMaintenance(error: AgentError): void {
    this.maintenanceError = error;
    const { reason, message, remedy } = error;
    this.#context.log.warn(message, { reason, remedy });
  }

  async #storeUrls(resource: CompassConnection | undefined, paired: Paired, signal: AbortSignal): Promise<void> {
    const managementInfo = { directorUrl: paired.directorUrl, connectorUrl: paired.securedConnectorUrl };
    const present = resource?.spec.managementInfo;
    if (present?.directorUrl === managementInfo.directorUrl && present.connectorUrl === managementInfo.connectorUrl) {
      return;
    }
    try {
      await this.#ports.connection.update({ spec: { managementInfo } }, signal).catch(async (error: unknown) => {
        if (!isAgentError(error, 'NotFound')) throw error;
        await this.#ports.connection.create({ managementInfo }, signal);
      });
    } catch (error: unknown) {
      if (!isAgentError(error, 'PermissionMissing')) throw error;
      this.#noteMaintenance(error);
    }
  }

  async #writeRecord(record: PairingRecord, signal: AbortSignal): Promise<void> {
    await this.#ports.credentials.writePairingRecord(record, signal);
    this.#record = record;
  }
}
