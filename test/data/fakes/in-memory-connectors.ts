import type { Connector, Connectors } from '../../../agent/connection/ports.ts';
import { cutting } from './cut.ts';
import type { InMemoryUcl } from './in-memory-ucl.ts';

/** The Connector of a UCL in memory. `open` counts clients that were not closed. */
export class InMemoryConnectors implements Connectors {
  open = 0;
  /** How often it was asked without a token. */
  looks = 0;
  readonly #ucl: InMemoryUcl;

  constructor(ucl: InMemoryUcl) {
    this.#ucl = ucl;
  }

  withToken(connectorUrl: string, token: string): Connector {
    return this.#open(() => {
      if (connectorUrl !== this.#ucl.connectorUrl) throw new Error(`nobody is at ${connectorUrl}`);
      return this.#ucl.useToken(token);
    });
  }

  async look(connectorUrl: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await cutting(this.#ucl.cut, 'look', () => {
      if (connectorUrl !== this.#ucl.connectorUrl) throw new Error(`nobody is at ${connectorUrl}`);
      this.looks += 1;
    });
  }

  withCertificate(...[url, credential]: Parameters<Connectors['withCertificate']>): Connector {
    return this.#open(() => this.#ucl.identify(credential, 'securedConnectorUrl', url));
  }

  #open(authenticate: () => string): Connector {
    const ucl = this.#ucl;
    this.open += 1;
    return {
      fetchConfiguration: async (signal) => {
        signal.throwIfAborted();
        return cutting(ucl.cut, 'fetchConfiguration', () => ucl.configure(authenticate()));
      },
      signCertificateSigningRequest: async (csr, signal) => {
        signal.throwIfAborted();
        return cutting(ucl.cut, 'signCertificateSigningRequest', () => ucl.sign(csr, authenticate()));
      },
      close: () => {
        this.open -= 1;
      },
    };
  }
}
