import { createHash } from 'node:crypto';
import { AgentError } from '../errors/agent-error.ts';
import type { PairingRecord } from './ports.ts';

/** The pure half of pairing: what the next step is, and what is written down after a failure. */

export type PairingStep =
  /** Make a key and write it down, before the token is used. */
  | { do: 'begin' }
  /** Spend the token on `configuration`. */
  | { do: 'configure' }
  /** Send the CSR with the follow-up token. */
  | { do: 'sign' }
  /** A signed pair waits to be proven and stored. */
  | { do: 'store' }
  | { do: 'wait'; untilMs: number }
  | { do: 'give-up'; error: AgentError };

/** What a person does about a spent token. */
export const newTokenRemedy =
  'A new token is needed: have one put into the configuration Secret (key TOKEN), for example by disabling and enabling the Application Connector module, and the agent pairs by itself within seconds.';

/** Identifies a token without revealing it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Whether the token may still be good: there is one, and it is not known to be used or refused. */
export function isTokenUnspent(token: string, record: PairingRecord): boolean {
  if (token === '') return false;
  const hash = hashToken(token);
  return hash !== record.usedTokenHash && hash !== record.refusedTokenHash;
}

export function decidePairingStep(record: PairingRecord, token: string, nowMs: number): PairingStep {
  if (token === '') {
    return giveUp('TokenMissing', 'The configuration Secret holds no one-time token.');
  }
  const hash = hashToken(token);
  if (record.refusedTokenHash === hash) {
    return giveUp(
      'TokenRefused',
      'The one-time token in the configuration Secret was refused: it is used, expired or replaced by a newer one.',
    );
  }
  if (record.usedTokenHash === hash) {
    return giveUp('TokenRefused', 'The one-time token in the configuration Secret was used by this agent already.');
  }
  if (record.tokenHash !== hash || record.privateKeyPem === undefined) return { do: 'begin' };
  if (record.signed !== undefined) return { do: 'store' };
  const untilMs = record.nextAttemptAt === undefined ? 0 : Date.parse(record.nextAttemptAt);
  if (untilMs > nowMs) return { do: 'wait', untilMs };
  return record.followUp === undefined ? { do: 'configure' } : { do: 'sign' };
}

function giveUp(reason: 'TokenMissing' | 'TokenRefused', message: string): PairingStep {
  return { do: 'give-up', error: new AgentError(reason, message, { next: 'stall', remedy: newTokenRemedy }) };
}

/**
 * The record after a failed call. A GraphQL answer burnt the token for certain. An empty 400 may be an outage, after
 * which the token still works (Compass contract 6): a few tries at growing distances, then it counts as refused.
 * Any other failure says nothing about the token and changes nothing.
 */
export function recordFailure(
  record: PairingRecord,
  error: AgentError,
  nowMs: number,
  retryDelaysMs: readonly number[],
): PairingRecord {
  switch (error.reason) {
    case 'TokenRefused':
    case 'CertificateRejected':
      return toRefused(record);
    case 'TokenRefusedOrUnavailable': {
      const attempts = (record.attempts ?? 0) + 1;
      const delayMs = retryDelaysMs[attempts - 1];
      if (delayMs === undefined) return toRefused(record);
      return { ...record, attempts, nextAttemptAt: new Date(nowMs + delayMs).toISOString() };
    }
    default:
      return record;
  }
}

function toRefused(record: PairingRecord): PairingRecord {
  const { tokenHash } = record;
  return { ...(tokenHash === undefined ? {} : { refusedTokenHash: tokenHash }), ...withoutAttempt(record) };
}

/** What outlives an attempt: the memory of the present certificate. */
export function withoutAttempt({ usedTokenHash, paired }: PairingRecord): PairingRecord {
  return {
    ...(usedTokenHash === undefined ? {} : { usedTokenHash }),
    ...(paired === undefined ? {} : { paired }),
  };
}
