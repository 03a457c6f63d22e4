import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import type { ClientCredential } from '../../../agent/connection/ucl-access.ts';
import {
  type Certificate,
  type CertificateAuthority,
  createCertificateAuthority,
  loopback,
} from '../../data/builders/create-certificate-authority.ts';

/** What a test has to say about one request. */
export interface FakeRequest {
  path: string;
  headers: IncomingHttpHeaders;
  /** Name of the operation in the document. */
  operation: string;
  query: string;
  variables: Record<string, unknown>;
  /** Subject of the client's certificate, when it came with one. */
  client: string | undefined;
}

export type FakeReply =
  | { json: unknown; status?: number; headers?: Record<string, string> }
  | { text: string; status?: number; headers?: Record<string, string> }
  /** Declares the whole length, sends half and closes. */
  | { cut: unknown }
  /** Never answers. */
  | { hang: true }
  /** Sends a byte now and then, without an end. */
  | { drip: true }
  /** Closes the connection without an answer. */
  | { reset: true };

export interface FakeCompass {
  origin: string;
  url: string;
  credential: ClientCredential;
  /** A pair of an authority that the server does not know. */
  foreignCredential: ClientCredential;
  /** An expired one of the right authority. */
  expiredCredential: ClientCredential;
  requests: FakeRequest[];
  /** Answers every request from now on. */
  reply: (respond: (request: FakeRequest) => FakeReply | Promise<FakeReply>) => void;
  openConnections: () => number;
  stop(): Promise<void>;
}

const dayMs = 86_400_000;

/**
 * A TLS server that answers what the test says; it asks for a client certificate where `mutual` is set, and is known by
 * the name `host`.
 */
export async function startFakeCompass(
  options: { mutual?: boolean; trusted?: boolean; host?: string } = {},
): Promise<FakeCompass> {
  const { host = '127.0.0.1' } = options;
  const authority = await createCertificateAuthority({ name: `CN=Fake authority ${randomUUID()}` });
  const foreign = await createCertificateAuthority({ name: `CN=Foreign authority ${randomUUID()}` });
  const server = await authority.issue({ ...loopback, use: { server: [host, '127.0.0.1', 'localhost'] } });
  const credential = await issueClient(authority, 'client');
  const foreignCredential = await issueClient(foreign, 'foreign');
  const notBefore = new Date(Date.now() - 10 * dayMs);
  const expiredCredential = await issueClient(authority, 'expired', {
    notBefore,
    notAfter: new Date(Date.now() - dayMs),
  });
  if (options.trusted !== false) {
    setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
  }

  const requests: FakeRequest[] = [];
  let respond: (request: FakeRequest) => FakeReply | Promise<FakeReply> = () => ({ status: 500, text: 'no reply set' });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: { query: string; variables?: object } = JSON.parse(Buffer.concat(chunks).toString());
    const seen: FakeRequest = {
      path: request.url ?? '',
      headers: request.headers,
      operation: /(?:query|mutation) (\w+)/.exec(body.query)?.[1] ?? '',
      query: body.query,
      variables: { ...body.variables },
      client: request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate()?.subject : undefined,
    };
    requests.push(seen);
    send(response, await respond(seen));
  };
  const https = createServer(
    {
      ...server,
      ca: authority.cert,
      requestCert: options.mutual === true,
      rejectUnauthorized: options.mutual === true,
    },
    (request, response) => {
      answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    },
  );
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  let open = 0;
  https.on('secureConnection', (socket) => {
    open += 1;
    socket.on('close', () => {
      open -= 1;
    });
  });
  const address = https.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const origin = `https://${host}:${port}`;
  return {
    origin,
    url: `${origin}/director/graphql`,
    credential,
    foreignCredential,
    expiredCredential,
    requests,
    reply: (next) => {
      respond = next;
    },
    openConnections: () => open,
    async stop() {
      https.closeAllConnections();
      https.close();
      await once(https, 'close');
    },
  };
}

function send(response: ServerResponse, reply: FakeReply): void {
  const json = { 'content-type': 'application/json' };
  if ('hang' in reply) return;
  if ('drip' in reply) {
    response.writeHead(200, json);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  } else if ('reset' in reply) {
    response.destroy();
  } else if ('cut' in reply) {
    const text = JSON.stringify(reply.cut);
    response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  } else {
    const text = 'json' in reply ? JSON.stringify(reply.json) : reply.text;
    response.writeHead(reply.status ?? 200, { ...json, ...reply.headers });
    response.end(text);
  }
}

async function issueClient(
  authority: CertificateAuthority,
  name: string,
  validity: Pick<Certificate, 'notBefore' | 'notAfter'> = {},
): Promise<ClientCredential> {
  const { cert, key } = await authority.issue({ subject: `CN=${name}`, use: 'client', ...validity });
  return { certificatePem: cert, privateKeyPem: key, chainPem: `${cert}\n${authority.cert}` };
}
