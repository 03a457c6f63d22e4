import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '../../data/builders/create-certificate-authority.ts';
import { adminPath, createAdminPage, type FurtherPages } from './admin-page.ts';
import { createIssuingAuthority, type IssuingAuthority } from './certificate-authority.ts';
import { type ClientCertificate, readClientCertificate } from './client-certificate.ts';
import { Faults } from './faults.ts';
import { Identities } from './identities.ts';
import { Landscape } from './landscape.ts';
import { RequestLog } from './request-log.ts';
import { type Service, type Surroundings, sendUnknownPath, serveGraphQL } from './serve-graphql.ts';
import { type Backend, createConnectorService, createDirectorService } from './services.ts';

const connectorPath = '/connector/graphql';
const directorPath = '/director/graphql';
const defaultCertificateLifetimeMs = 2160 * 60 * 60 * 1000;

export interface UclOptions {
  /** The backend's clock: token ages and the dates of certificates. */
  clock?: () => Date;
  /** 2160 hours by default. */
  certificateLifetimeMs?: number;
  /** IP address that the servers listen on, and that their URLs and their certificate name; 127.0.0.1 by default. */
  address?: string;
  /** Ports; a free one where none is given. A taken one rejects with `EADDRINUSE`. */
  connectorPort?: number;
  mtlsPort?: number;
  adminPort?: number;
  /** Pages beside the administrator's own. */
  adminPages?: FurtherPages;
  /** `gateway` (default) answers as Oathkeeper does in front of the services, `bare` as the services alone. */
  mode?: 'gateway' | 'bare';
  /** The external tenant that owns what is registered. */
  tenantId?: string;
  /** Applications with one of these label values leave the lists of every runtime. */
  hideSelectors?: Record<string, string[]>;
}

/** A running embedded UCL. */
export interface Ucl {
  /** Connector by one-time token, server TLS only. */
  readonly connectorUrl: string;
  /** Connector by certificate. */
  readonly securedConnectorUrl: string;
  /** Director by certificate. */
  readonly directorUrl: string;
  /** The administrator's GraphQL, with a GraphiQL page in a browser. */
  readonly adminUrl: string;
  /** PEM file with the authority of the servers' certificates, for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** The two URLs that `configuration` tells; may be changed to make clients move. */
  readonly managementPlane: { directorURL: string; certificateSecuredConnectorURL: string };
  /** What signs the client certificates; for tests that need one of their own making. */
  readonly authority: IssuingAuthority;
  readonly landscape: Landscape;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** Closes all connections, and serves again a moment later, at the same addresses and with all that is registered. */
  restart(): Promise<void>;
  /** Closes all connections, hanging ones too. */
  stop(): Promise<void>;
}

/** Starts Connector, Director and the administrator's endpoint, on loopback by default, with nothing registered. */
export async function startUcl(options: UclOptions = {}): Promise<Ucl> {
  const clock = options.clock ?? (() => new Date());
  const [authority, serverAuthority] = await Promise.all([
    createIssuingAuthority(),
    createCertificateAuthority({ name: 'CN=Embedded UCL Server CA' }),
  ]);
  const identities = new Identities(clock);
  const { tenantId, hideSelectors } = options;
  const landscape = new Landscape(identities, { clock, tenantId, hideSelectors });
  const faults = new Faults();
  const requests = new RequestLog();
  const mode = options.mode ?? 'gateway';
  const certificateLifetimeMs = options.certificateLifetimeMs ?? defaultCertificateLifetimeMs;
  const managementPlane = { directorURL: '', certificateSecuredConnectorURL: '' };
  const backend: Backend = {
    ...{ clock, landscape, identities, authority, faults, certificateLifetimeMs, mode, managementPlane },
    connectorUrl: '',
  };
  const surroundings = { faults, requests, landscape, clock, mode };
  const { address = '127.0.0.1' } = options;
  const tls = await serverAuthority.issue({ subject: `CN=${address}`, use: { server: [address, 'localhost'] } });

  const tokenHost = createTokenHost(tls, createConnectorService('connector-token', backend), surroundings);
  const mtlsHost = createMtlsHost({ ...tls, ca: authority.certificatePem }, backend, surroundings);
  const adminHost = createServer(createAdminPage(backend, options.adminPages ?? new Map()));
  const hosts = [tokenHost, mtlsHost, adminHost];
  const caFile = join(tmpdir(), `embedded-ucl-ca-${randomUUID()}.pem`);
  const stop = async () => {
    await Promise.all(hosts.map(close));
    await rm(caFile, { force: true });
  };
  try {
    const connectorPort = await listen(tokenHost, address, options.connectorPort);
    const mtlsPort = await listen(mtlsHost, address, options.mtlsPort);
    const adminPort = await listen(adminHost, address, options.adminPort);
    await writeFile(caFile, serverAuthority.cert);
    backend.connectorUrl = `https://${address}:${connectorPort}${connectorPath}`;
    managementPlane.directorURL = `https://${address}:${mtlsPort}${directorPath}`;
    managementPlane.certificateSecuredConnectorURL = `https://${address}:${mtlsPort}${connectorPath}`;
    const restart = async () => {
      await Promise.all(hosts.map(close));
      await listen(tokenHost, address, connectorPort);
      await listen(mtlsHost, address, mtlsPort);
      await listen(adminHost, address, adminPort);
    };
    return {
      connectorUrl: backend.connectorUrl,
      securedConnectorUrl: managementPlane.certificateSecuredConnectorURL,
      directorUrl: managementPlane.directorURL,
      adminUrl: `http://${address}:${adminPort}${adminPath}`,
      ...{ caFile, managementPlane, authority, landscape, faults, requests, restart, stop },
    };
  } catch (error: unknown) {
    await stop();
    throw error;
  }
}

function createTokenHost<Context>(
  tls: ServerOptions,
  connector: Service<Context>,
  surroundings: Surroundings,
): TlsServer {
  return createTlsServer({ ...tls, ...keepAlive }, (message, response) => {
    if (pathOf(message.url) !== connectorPath) return sendUnknownPath(response, surroundings.mode);
    return void serveGraphQL(message, response, connector, undefined, surroundings).catch(() => response.destroy());
  });
}

function createMtlsHost(tls: ServerOptions, backend: Backend, surroundings: Surroundings): TlsServer {
  const connector = createConnectorService('connector-mtls', backend);
  const director = createDirectorService(backend);
  // Judged once a connection, as TLS does.
  const certificates = new WeakMap<object, ClientCertificate>();
  // OpenSSL would judge the dates by the machine's clock: the certificate is checked by readClientCertificate.
  const host = createTlsServer(
    { ...tls, ...keepAlive, requestCert: true, rejectUnauthorized: false },
    (message, response) => {
      const path = pathOf(message.url);
      if (path !== connectorPath && path !== directorPath) return sendUnknownPath(response, surroundings.mode);
      const certificate = certificates.get(message.socket);
      if (certificate === undefined) return void message.socket.destroy();
      const served =
        path === connectorPath
          ? serveGraphQL(message, response, connector, certificate, surroundings)
          : serveGraphQL(message, response, director, certificate, surroundings);
      return void served.catch(() => response.destroy());
    },
  );
  host.prependListener('secureConnection', (socket) => {
    const certificate = readClientCertificate(socket, serverNow(backend));
    if (certificate === undefined) socket.destroy();
    else certificates.set(socket, certificate);
  });
  return host;
}

function serverNow({ clock, faults }: Backend): Date {
  return new Date(clock().getTime() + faults.clockSkewMs);
}

/** Longer than any client's, so that no request meets a connection that is just being closed. */
const keepAlive = { keepAliveTimeout: 120_000 };

function pathOf(url: string | undefined): string {
  return new URL(url ?? '/', 'https://127.0.0.1').pathname;
}

async function listen(server: Server | TlsServer, address: string, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound: AddressInfo | string | null = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server listens on no port.');
  return bound.port;
}

async function close(server: Server | TlsServer): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
