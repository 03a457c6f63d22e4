import type { ClientPair, ConnectorFactory } from '../credentials/ports.ts';
import type { Logger } from '../log/logger.ts';
import type { DirectorFactory } from '../loop/ports.ts';
import { createConnectorClient } from './connector-client.ts';
import { createDirectorClient } from './director-client.ts';
import { createGraphqlTransport, type GraphqlTransport } from './graphql-transport.ts';
import { createMtlsFetch } from './mtls-fetch.ts';
import { PageSize } from './page-size.ts';
import type { CompassApi } from './wire-failure.ts';

export interface CompassOptions {
  skipTlsVerify: boolean;
  /** For one whole exchange. */
  requestTimeoutMs: number;
  maxResponseBytes: number;
  /** Applications a request. */
  pageSize: number;
  /** Bundles, API and event definitions a request; Director takes 1 to 200. */
  nestedPageSize: number;
  /** Logs operation, sizes and duration of each request; never what it holds. */
  queryLogging: boolean;
  log: Logger;
  userAgent: string;
  /** The x-request-id of the next request, `<runtimeId>_<uuid>`. */
  correlationId: () => string;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Door {
  api: CompassApi;
  url: string;
  pair?: ClientPair;
  headers?: Readonly<Record<string, string>>;
}

/** The adapter to UCL's two APIs: the Connector, which issues certificates, and the Director, which knows the systems. */
export function createCompass(options: CompassOptions): { connectors: ConnectorFactory; director: DirectorFactory } {
  const open = (door: Door): GraphqlTransport =>
    createGraphqlTransport(
      {
        ...options,
        api: door.api,
        url: door.url,
        headers: { ...door.headers, 'user-agent': options.userAgent },
      },
      createMtlsFetch({ ...options, pair: door.pair, keepAlive: door.api === 'director' }),
    );

  return {
    connectors: {
      // No Tenant header towards the Connector: a wrong one burns the token (Compass contract 6).
      withToken: (url, token) =>
        createConnectorClient(open({ api: 'connector-token', url, headers: { 'connector-token': token } })),
      withCertificate: (url, pair) => createConnectorClient(open({ api: 'connector-certificate', url, pair })),
    },
    director: ({ directorUrl, pair, runtimeId, tenant }) =>
      createDirectorClient({
        transport: open({ api: 'director', url: directorUrl, pair, headers: { tenant } }),
        runtimeId,
        nestedPageSize: options.nestedPageSize,
        pageSize: new PageSize(options.pageSize),
        nestedSize: new PageSize(options.nestedPageSize),
        delay: options.delay,
      }),
  };
}
