import type { PairingState } from '../../../agent/connection/pairing-state.ts';
import type { CredentialStore, Freshness, StoredPairing } from '../../../agent/connection/ports.ts';
import type { ClientCredential } from '../../../agent/connection/ucl-access.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { unpaired } from '../builders/pairing-states.ts';
import { type Cut, cutting, uncut } from './cut.ts';

/** The named Secrets in memory, with versions as the API server gives them. */
export class InMemoryCredentials implements CredentialStore {
  credential: ClientCredential | undefined;
  caCertificatePem: string | undefined;
  pairing: StoredPairing = { state: unpaired, renewals: [], version: undefined };
  cut: Cut = uncut;
  /** Whether the client pair was last asked for as the API server has it now. */
  isReadLive = false;
  isCaReadLive = false;
  /** Every state that was written, in order. */
  readonly states: PairingState[] = [];
  /** Every call, in order. */
  readonly calls: string[] = [];
  #sequence = 0;

  readClientPair(signal: AbortSignal, serving?: ClientCredential) {
    this.isReadLive = serving === undefined;
    return this.#call('readClientPair', signal, () => this.credential);
  }

  storeClientPair(credential: ClientCredential, signal: AbortSignal) {
    return this.#call('storeClientPair', signal, () => {
      this.credential = credential;
    });
  }

  hasCaCertificate(freshness: Freshness, signal: AbortSignal) {
    this.isCaReadLive = freshness === 'live';
    return this.#call('hasCaCertificate', signal, () => this.caCertificatePem !== undefined);
  }

  storeCaCertificate(pem: string, signal: AbortSignal) {
    return this.#call('storeCaCertificate', signal, () => {
      this.caCertificatePem = pem;
    });
  }

  readPairing(signal: AbortSignal) {
    return this.#call('readPairing', signal, () => this.pairing);
  }

  writePairing(state: PairingState, version: string | undefined, signal: AbortSignal) {
    return this.#call('writePairing', signal, () => {
      this.#expectVersion(version);
      this.states.push(state);
      return this.writeBySomebodyElse(state);
    });
  }

  writeRenewals(renewals: readonly Date[], version: string | undefined, signal: AbortSignal) {
    return this.#call('writeRenewals', signal, () => {
      this.#expectVersion(version);
      return this.writeBySomebodyElse(this.pairing.state, renewals);
    });
  }

  /** Writes whatever the version; gives the new one. */
  writeBySomebodyElse(state: PairingState, renewals = this.pairing.renewals): string {
    this.#sequence += 1;
    const version = `${this.#sequence}`;
    this.pairing = { state, renewals, version };
    return version;
  }

  #expectVersion(version: string | undefined): void {
    if (version === this.pairing.version) return;
    throw new AgentError('Conflict', 'Secrets in memory: somebody else wrote in between', { next: 'retry' });
  }

  async #call<T>(call: string, signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    this.calls.push(call);
    return cutting(this.cut, call, act);
  }
}
