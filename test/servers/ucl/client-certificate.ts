import type { PeerCertificate, TLSSocket } from 'node:tls';

/** What the servers need to know of a client's certificate. */
export interface ClientCertificate {
  readonly commonName: string;
  /** SHA-256 of the DER form, lower-case hexadecimal. */
  readonly fingerprint: string;
}

/**
 * The certificate of a connection, if the issuing authority signed it and it is valid by `now`.
 *
 * The dates are checked here and not by OpenSSL, so that the clock of the embedded UCL counts.
 */
export function readClientCertificate(socket: TLSSocket, now: Date): ClientCertificate | undefined {
  const peer: Partial<PeerCertificate> | null = socket.getPeerCertificate();
  // Null where the connection is gone already, empty where there was no certificate.
  if (peer === null || peer.fingerprint256 === undefined) return undefined;
  const onlyDatesMatter: unknown[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];
  if (!socket.authorized && !onlyDatesMatter.includes(socket.authorizationError)) return undefined;
  const from = Date.parse(peer.valid_from ?? '');
  const to = Date.parse(peer.valid_to ?? '');
  // Certificates carry whole seconds.
  if (!(from <= now.getTime() + 1000 && now.getTime() <= to)) return undefined;
  const commonName = peer.subject?.CN;
  return {
    commonName: typeof commonName === 'string' ? commonName : '',
    fingerprint: peer.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}
