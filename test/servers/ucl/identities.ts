import { randomBytes, randomUUID } from 'node:crypto';
import { notFound } from './director-error.ts';

const tokenLifetimeMs = 60 * 60 * 1000;

/** A one-time token as it was issued; it is usable until it is used, replaced, or 60 minutes old. */
export interface OneTimeToken {
  readonly token: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** One certificate identity of a runtime: the common name of its certificates is the id of this. */
export interface SystemAuth {
  readonly id: string;
  readonly runtimeId: string;
  pendingToken?: OneTimeToken;
}

/**
 * The certificate identities of all runtimes, their one-time tokens and the revoked certificates
 * (docs/contracts/compass.md#tokens, docs/contracts/compass.md#revocation).
 */
export class Identities {
  readonly #clock: () => Date;
  readonly #systemAuths = new Map<string, SystemAuth>();
  readonly #byToken = new Map<string, SystemAuth>();
  readonly #revoked = new Set<string>();

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** Issues a token for a new identity of the runtime, or in place of the token of an existing one. */
  issueToken(runtimeId: string, systemAuthId?: string): OneTimeToken & { systemAuthId: string } {
    const systemAuth = systemAuthId === undefined ? this.#addSystemAuth(runtimeId) : this.systemAuth(systemAuthId);
    if (systemAuth === undefined || systemAuth.runtimeId !== runtimeId) throw notFound('systemAuth');
    if (systemAuth.pendingToken !== undefined) this.#byToken.delete(systemAuth.pendingToken.token);
    const createdAt = this.#clock();
    const pendingToken = {
      // 64 bytes, base64url with padding: 88 characters.
      token: `${randomBytes(64).toString('base64url')}==`,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + tokenLifetimeMs),
    };
    systemAuth.pendingToken = pendingToken;
    this.#byToken.set(pendingToken.token, systemAuth);
    return { ...pendingToken, systemAuthId: systemAuth.id };
  }

  /** Uses a token up: the identity it belongs to, or `undefined` for one that does not (any more) work. */
  consumeToken(token: string): SystemAuth | undefined {
    const systemAuth = this.#byToken.get(token);
    const pending = systemAuth?.pendingToken;
    if (systemAuth === undefined || pending === undefined) return undefined;
    if (this.#clock().getTime() > pending.expiresAt.getTime()) return undefined;
    this.#byToken.delete(token);
    delete systemAuth.pendingToken;
    return systemAuth;
  }

  /** The identity behind a certificate, unless it was revoked or its identity deleted. */
  identify(certificate: { commonName: string; fingerprint: string }): SystemAuth | undefined {
    if (this.#revoked.has(certificate.fingerprint)) return undefined;
    return this.systemAuth(certificate.commonName);
  }

  systemAuth(id: string): SystemAuth | undefined {
    return this.#systemAuths.get(id);
  }

  systemAuthsOf(runtimeId: string): SystemAuth[] {
    return [...this.#systemAuths.values()].filter((systemAuth) => systemAuth.runtimeId === runtimeId);
  }

  /**
   * Adds an identity of a known id, for a certificate that an earlier installation brings along.
   */
  addSystemAuth(runtimeId: string, id: string): SystemAuth {
    const systemAuth: SystemAuth = { id, runtimeId };
    this.#systemAuths.set(id, systemAuth);
    return systemAuth;
  }

  deleteSystemAuth(id: string): void {
    const systemAuth = this.#systemAuths.get(id);
    if (systemAuth === undefined) throw notFound('systemAuth');
    if (systemAuth.pendingToken !== undefined) this.#byToken.delete(systemAuth.pendingToken.token);
    this.#systemAuths.delete(id);
  }

  /** Revokes one certificate by its SHA-256 fingerprint, in any of the usual spellings. */
  revokeCertificate(fingerprint: string): void {
    this.#revoked.add(fingerprint.replaceAll(':', '').toLowerCase());
  }

  clear(): void {
    this.#systemAuths.clear();
    this.#byToken.clear();
    this.#revoked.clear();
  }

  #addSystemAuth(runtimeId: string): SystemAuth {
    return this.addSystemAuth(runtimeId, randomUUID());
  }
}
