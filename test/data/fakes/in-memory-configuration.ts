import type { ConfigurationSource, PairingConfigurationRead } from '../../../agent/connection/ports.ts';
import { type Cut, cutting, uncut } from './cut.ts';

/** The configuration Secret as a test sets it. */
export class InMemoryConfiguration implements ConfigurationSource {
  content: PairingConfigurationRead = { kind: 'missing', message: 'The configuration Secret does not exist' };
  cut: Cut = uncut;

  async read(signal: AbortSignal): Promise<PairingConfigurationRead> {
    signal.throwIfAborted();
    return cutting(this.cut, 'read', () => this.content);
  }
}
