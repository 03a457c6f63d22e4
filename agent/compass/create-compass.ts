import { landscapePage } from '../../graphql/director.generated.ts';
import type { Connectors, Directors } from '../connection/ports.ts';
import type { ClientCredential, UclAccess } from '../connection/ucl-access.ts';
import type { Logger } from '../log/logger.ts';
import type { Time } from '../time/time.ts';
import { createConnectorClient, lookAtConnector } from './create-connector-client.ts';
import { createDirectorClient } from './create-director-client.ts';
import { createDirectors } from './create-directors.ts';
import type { OpenExchange } from './exchange.ts';
import {
  type AskedCall,
  createGraphqlTransport,
  type GraphqlTransport,
  type GraphqlTransportOptions,
} from './graphql-transport.ts';
import { KnownSystems } from './known-systems.ts';
import { LandscapeSizes, type ReadMemory } from './landscape-sizes.ts';
import { parseAnswer } from './parse-answer.ts';
import { parseLandscapeAnswer } from './parse-landscape-answer.ts';
import type { ReadLimits } from './read-limits.ts';
import { SpoiltPlaces } from './spoilt-places.ts';
import type { CompassApi } from './wire-failure.ts';

export interface CompassOptions {
  skipTlsVerify: boolean;
  /** For one whole exchange. */
  requestTimeoutMs: number;
  maxResponseBytes: number;
  /** What the heap has room for. */
  limits: ReadLimits;
  /** Where the next life finds which sizes of pages helped. */
  readMemory: ReadMemory;
  /** Applications a request. */
  pageSize: number;
  /** Bundles, API and event definitions a request; Director takes 1 to 200. */
  nestedPageSize: number;
  /** Logs operation, sizes and duration of each request; never what it holds. */
  queryLogging: boolean;
  /** Is told of each request once it is over; must not throw. */
  onAsked: (call: AskedCall) => void;
  log: Logger;
  userAgent: string;
  /** The x-request-id of the next request, `<runtimeId>_<uuid>`. */
  correlationId: () => string;
  time: Time;
}

interface Door {
  api: CompassApi;
  url: string;
  credential?: ClientCredential;
  headers?: Readonly<Record<string, string>>;
  parse?: NonNullable<GraphqlTransportOptions['parse']>;
}

/** The adapter to UCL's two APIs: the Connector, which issues certificates, and the Director, which knows the systems. */
export function createCompass(
  options: CompassOptions,
  openExchange: OpenExchange,
): {
  connectors: Connectors;
  directors: Directors;
} {
  const sizes = new LandscapeSizes(options, options.readMemory, options.log);
  // Each byte weighs two: more could not be taken anyway.
  const maxResponseBytes = Math.min(options.maxResponseBytes, Math.floor(options.limits.maxAnswerWeight / 2));
  const open = (door: Door): GraphqlTransport =>
    createGraphqlTransport(
      {
        ...options,
        maxAnswerWeight: options.limits.maxAnswerWeight,
        api: door.api,
        url: door.url,
        headers: { ...door.headers, 'user-agent': options.userAgent },
        ...(door.parse && { parse: door.parse }),
      },
      openExchange({ ...options, maxResponseBytes, credential: door.credential, keepAlive: door.api === 'director' }),
    );

  const openDirector = ({ identity, addresses, credential }: UclAccess) => {
    const knownSystems = new KnownSystems();
    return createDirectorClient({
      transport: open({
        api: 'director',
        url: addresses.directorUrl,
        credential,
        headers: { tenant: identity.tenant },
        parse: (text, operation) =>
          operation === landscapePage.operation ? parseLandscapeAnswer(text) : parseAnswer(text),
      }),
      runtimeId: identity.runtimeId,
      get nestedPageSize() {
        return sizes.nested.current;
      },
      pageSize: sizes.applications,
      nestedSize: sizes.nested,
      sizes,
      spoiltPlaces: new SpoiltPlaces(),
      knownSystems,
      maxReadWeight: options.limits.maxReadWeight,
      time: options.time,
    });
  };

  return {
    connectors: {
      // No Tenant header towards the Connector: a wrong one burns the token
      // (docs/contracts/compass.md#connector-errors).
      withToken: (url, token) =>
        createConnectorClient(open({ api: 'connector-token', url, headers: { 'connector-token': token } })),
      look: (url, signal) => lookAtConnector(open({ api: 'connector-token', url }), signal),
      withCertificate: (url, credential) =>
        createConnectorClient(open({ api: 'connector-certificate', url, credential })),
    },
    directors: createDirectors(openDirector),
  };
}
