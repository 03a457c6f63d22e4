import type { ClientPair, CredentialStore, PairingRecord } from '../../../agent/credentials/ports.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';

/** The named Secrets behind the credentials room's own port. Writes can be made to fail, as a crash at that point would. */
export class InMemoryCredentials implements CredentialStore {
  pair: ClientPair | undefined;
  ca: string | undefined;
  record: PairingRecord = {};
  /** Every record that was written, in order. */
  readonly records: PairingRecord[] = [];
  /** The next so many writes of that kind fail. */
  readonly failures = { pair: 0, ca: 0, record: 0 };

  async readClientPair() {
    return this.pair;
  }

  async storeClientPair(pair: ClientPair) {
    this.#failIf('pair');
    this.pair = pair;
  }

  async hasCaCertificate() {
    return this.ca !== undefined;
  }

  async storeCaCertificate(pem: string) {
    this.#failIf('ca');
    this.ca = pem;
  }

  async readPairingRecord() {
    return this.record;
  }

  async writePairingRecord(record: PairingRecord) {
    this.#failIf('record');
    this.record = record;
    this.records.push(record);
  }

  #failIf(kind: 'pair' | 'ca' | 'record') {
    if (this.failures[kind] === 0) return;
    this.failures[kind] -= 1;
    throw new AgentError('PermissionMissing', `writing the ${kind} Secret is not permitted`, { next: 'retry' });
  }
}
