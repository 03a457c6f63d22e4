import { AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import { createCertificateSigningRequest, generatePrivateKey } from './csr.ts';
import { decidePairingStep, hashToken, newTokenRemedy, recordFailure, withoutAttempt } from './pairing-decision.ts';
import type {
  ClientPair,
  ConnectorConfiguration,
  ConnectorFactory,
  CredentialStore,
  PairingConfiguration,
  PairingRecord,
} from './ports.ts';
import { verifySignedCertificate } from './verify-certificate.ts';

export interface PairingContext {
  readonly connectors: ConnectorFactory;
  readonly store: CredentialStore;
  readonly clock: () => Date;
  readonly keySize: number;
  readonly retryDelaysMs: readonly number[];
  readonly log: Logger;
  /** Called with every secret as soon as it is known, so that no log line can hold it. */
  readonly registerSecret: (secret: string) => void;
}

export interface PairedConnection {
  readonly pair: ClientPair;
  readonly caCertificatePem: string;
  readonly paired: NonNullable<PairingRecord['paired']>;
}

/**
 * Pairs by one-time token: key first, follow-up token kept before the CSR goes out, answer verified, proven, stored.
 * Goes on where an earlier attempt stopped, so it may be called again after any crash or failure.
 * `prove` is called before a working pair is replaced; it throws when the new pair does not work.
 * @throws AgentError: `TokenRefused`, `TokenMissing`, `CertificateRejected` (a new token is needed),
 *   `TokenRefusedOrUnavailable` (tried again after `retryAfterMs`), and what the ports throw.
 */
export async function pair(
  configuration: PairingConfiguration,
  prove: ((connection: PairedConnection) => Promise<void>) | undefined,
  context: PairingContext,
  signal: AbortSignal,
): Promise<PairedConnection> {
  let record = await context.store.readPairingRecord(signal);
  const write = async (next: PairingRecord) => {
    await context.store.writePairingRecord(next, signal);
    record = next;
  };
  for (;;) {
    signal.throwIfAborted();
    const nowMs = context.clock().getTime();
    const step = decidePairingStep(record, configuration.token, nowMs);
    if (step.do === 'give-up') throw step.error;
    if (step.do === 'wait') throw explainWait(step.untilMs, nowMs);
    try {
      switch (step.do) {
        case 'begin':
          await write(await begin(record, configuration.token, context));
          break;
        case 'configure':
          // A changed record proves, before the token is spent, that the follow-up token can be kept.
          if (record.attempts === undefined) await write({ ...record, attempts: 0 });
          await write({ ...record, followUp: await fetchFollowUp(configuration, context, signal) });
          break;
        case 'sign':
          await write(await sign(record, configuration, context, signal));
          break;
        case 'store':
          return await proveAndStore(record, configuration, prove, context, signal, write);
      }
    } catch (error: unknown) {
      const failure = toAgentError(error, 'Pairing');
      const next = recordFailure(record, failure, nowMs, context.retryDelaysMs);
      if (next !== record) await write(next);
      throw explainFailure(failure, next, nowMs);
    }
  }
}

async function begin(record: PairingRecord, token: string, context: PairingContext): Promise<PairingRecord> {
  context.log.info('Pairing: generating the key', { bits: context.keySize });
  const privateKeyPem = await generatePrivateKey(context.keySize);
  return { tokenHash: hashToken(token), privateKeyPem, ...withoutAttempt(record) };
}

async function fetchFollowUp(
  { connectorUrl, token }: PairingConfiguration,
  context: PairingContext,
  signal: AbortSignal,
): Promise<ConnectorConfiguration> {
  context.log.info('Pairing: asking Connector for its configuration with the one-time token');
  const connector = context.connectors.withToken(connectorUrl, token);
  try {
    const answer = await connector.fetchConfiguration(signal);
    context.registerSecret(answer.token);
    return answer;
  } finally {
    connector.close();
  }
}

async function sign(
  record: PairingRecord,
  { connectorUrl }: PairingConfiguration,
  context: PairingContext,
  signal: AbortSignal,
): Promise<PairingRecord> {
  const { followUp, privateKeyPem } = record;
  if (followUp === undefined || privateKeyPem === undefined) return record;
  context.log.info('Pairing: sending the certificate signing request');
  const csr = await createCertificateSigningRequest(followUp.subject, privateKeyPem);
  const connector = context.connectors.withToken(connectorUrl, followUp.token);
  try {
    const signed = await connector.signCertificateSigningRequest(csr, signal);
    const verified = verifySignedCertificate(signed, privateKeyPem, followUp.subject, context.clock());
    const { certificatePem, chainPem } = verified;
    return { ...record, signed: { certificatePem, chainPem, caCertificatePem: signed.caCertificatePem } };
  } finally {
    connector.close();
  }
}

async function proveAndStore(
  record: PairingRecord,
  configuration: PairingConfiguration,
  prove: ((connection: PairedConnection) => Promise<void>) | undefined,
  context: PairingContext,
  signal: AbortSignal,
  write: (next: PairingRecord) => Promise<void>,
): Promise<PairedConnection> {
  const { signed, followUp, privateKeyPem, tokenHash } = record;
  if (signed === undefined || followUp === undefined || privateKeyPem === undefined) {
    throw new AgentError('Unexpected', 'The pairing record is incomplete.', { next: 'retry' });
  }
  const { runtimeId, tenant, connectorUrl } = configuration;
  const { directorUrl, securedConnectorUrl } = followUp;
  const connection: PairedConnection = {
    pair: { certificatePem: signed.certificatePem, privateKeyPem, chainPem: signed.chainPem },
    caCertificatePem: signed.caCertificatePem,
    paired: { runtimeId, tenant, connectorUrl, directorUrl, securedConnectorUrl },
  };
  await prove?.(connection);
  await context.store.storeClientPair(connection.pair, signal);
  await write({ paired: connection.paired, ...(tokenHash === undefined ? {} : { usedTokenHash: tokenHash }) });
  context.log.info('Pairing: the client certificate is stored');
  return connection;
}

function explainWait(untilMs: number, nowMs: number): AgentError {
  return new AgentError(
    'TokenRefusedOrUnavailable',
    `Compass refused the one-time token or was not available; the next try is at ${new Date(untilMs).toISOString()}.`,
    { next: 'wait', retryAfterMs: untilMs - nowMs, remedy: refusedOrUnavailableRemedy },
  );
}

const refusedOrUnavailableRemedy =
  'An outage of Compass answers in the same way and heals by itself. If the token is used or expired, put a new one into the configuration Secret (key TOKEN); the agent notices it at once.';

function explainFailure(failure: AgentError, next: PairingRecord, nowMs: number): AgentError {
  if (failure.reason !== 'TokenRefusedOrUnavailable') return failure;
  if (next.nextAttemptAt !== undefined) return explainWait(Date.parse(next.nextAttemptAt), nowMs);
  return new AgentError(
    'TokenRefused',
    'Compass refused the one-time token every time it was tried: it is used, expired or replaced by a newer one.',
    { next: 'stall', remedy: newTokenRemedy },
  );
}
