import { isAgentError } from '../errors/agent-error.ts';
import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { toIdentity } from './decide-connection.ts';
import { decidePairingStep, hashToken, type PairingStep } from './decide-pairing-step.ts';
import { inspectCredential } from './inspect-credential.ts';
import { obtainCertificate } from './obtain-certificate.ts';
import { followPause, type PairingPause, toLeftMs } from './pairing-pause.ts';
import type { PairingEvent, PairingState } from './pairing-state.ts';
import type { StoredPairing } from './ports.ts';
import { recordPairing } from './record-pairing.ts';
import type { PairingConfiguration } from './ucl-access.ts';

export interface PairingRequest {
  readonly configuration: PairingConfiguration;
  /** A stored credential may still work: it is replaced only when the new one has proven itself. */
  readonly keepsPresent: boolean;
}

/** A credential that was made and stored in this run. */
export interface MadeLink {
  readonly link: UclLink;
  readonly caCertificatePem: string;
}

export interface PairingMemory {
  readonly stored: StoredPairing;
  readonly pause: PairingPause | undefined;
}

export type PairingOutcome = PairingMemory &
  (
    | { readonly made: MadeLink; readonly failure: undefined }
    | { readonly made: undefined; readonly failure: ConnectionFailure }
  );

/** How often in one run it is decided anew because somebody else wrote. */
const maxContentions = 3;

/** What one step came to: an end, or something to write down, after which it goes on or ends. */
type Done =
  | { readonly event?: undefined; readonly failure: ConnectionFailure }
  | { readonly event: PairingEvent; readonly failure?: ConnectionFailure; readonly made?: MadeLink };

/**
 * Pairs by one-time token: key first, follow-up token kept before the CSR goes out, answer verified, proven, stored.
 * Goes on where an earlier attempt stopped, so it may be called again after any crash or failure.
 * @param known What was read of the memory of pairing in this run.
 * @throws Nothing but the reason of an abort.
 */
export async function pairWithToken(
  request: PairingRequest,
  known: PairingMemory,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<PairingOutcome> {
  let memory = known;
  const fail = (failure: ConnectionFailure): PairingOutcome => ({ ...memory, made: undefined, failure });
  for (let contentions = 0; contentions < maxContentions; ) {
    memory = follow(memory, parts);
    const leftMs = toLeftMs(memory.pause, parts.time.instant());
    const next = decidePairingStep(memory.stored.state, request.configuration.token, leftMs);
    try {
      const done = await perform(next, request, parts, signal);
      if (done.event === undefined) return fail(done.failure);
      const { stored, isOurs } = await recordPairing(memory.stored, done.event, parts.ports.credentials, signal);
      memory = follow({ ...memory, stored }, parts);
      if (done.event.kind === 'unanswered') return fail(explainUnanswered(memory, parts));
      if (done.failure !== undefined) return fail(done.failure);
      if (isOurs && done.made !== undefined) return { ...memory, made: done.made, failure: undefined };
      if (isOurs) continue;
      // Whoever made the claim uses the token now.
      if (done.event.kind === 'claimed') break;
      contentions += 1;
    } catch (error: unknown) {
      return fail(toTold(error, 'Pairing', signal));
    }
  }
  return fail({ kind: 'contended' });
}

function follow({ stored, pause }: PairingMemory, { time, settings }: ConnectionParts): PairingMemory {
  const { state } = stored;
  const notBefore = 'tries' in state ? state.tries?.notBefore : undefined;
  return { stored, pause: followPause(pause, notBefore, time, Math.max(0, ...settings.pairingRetryDelaysMs)) };
}

async function perform(
  next: PairingStep,
  request: PairingRequest,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  switch (next.do) {
    case 'give-up':
      return { failure: next.failure };
    case 'wait':
      return { failure: toPending(next.leftMs, parts) };
    case 'begin':
      return begin(request.configuration.token, parts);
    case 'claim':
      return { event: { kind: 'claimed' } };
    case 'configure':
      return useToken(() => fetchFollowUp(request.configuration, parts, signal), parts, signal);
    case 'sign':
      return useToken(() => sign(next.state, request.configuration.connectorUrl, parts, signal), parts, signal);
    case 'store':
      return proveAndStore(next.state, request, parts, signal);
  }
}

async function begin(token: string, { keys, settings, log, registerSecret }: ConnectionParts) {
  log.info('Pairing: generating the key', { bits: settings.certKeySize });
  const privateKeyPem = await keys.generatePrivateKey(settings.certKeySize);
  registerSecret(privateKeyPem);
  return { event: { kind: 'begun', tokenHash: hashToken(token), privateKeyPem } } as const;
}

/** A GraphQL answer burnt the token for certain. A failure that is neither this nor an empty 400 says nothing about it. */
async function useToken(use: () => Promise<Done>, { time, settings }: ConnectionParts, signal: AbortSignal) {
  try {
    return await use();
  } catch (error: unknown) {
    const failure = toTold(error, 'Pairing', signal);
    if (isAgentError(error, 'TokenRefused')) return { event: { kind: 'burnt' }, failure } as const;
    if (!isAgentError(error, 'TokenRefusedOrUnavailable')) return { failure };
    const event = { kind: 'unanswered', at: time.now(), retryDelaysMs: settings.pairingRetryDelaysMs } as const;
    return { event };
  }
}

async function fetchFollowUp(
  { connectorUrl, token }: PairingConfiguration,
  { ports, log, registerSecret }: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  log.info('Pairing: asking Connector for its configuration with the one-time token');
  const connector = ports.connectors.withToken(connectorUrl, token);
  try {
    const followUp = await connector.fetchConfiguration(signal);
    registerSecret(followUp.token);
    return { event: { kind: 'configured', followUp } };
  } finally {
    connector.close();
  }
}

async function sign(
  { followUp, privateKeyPem }: Extract<PairingState, { at: 'configured' }>,
  connectorUrl: string,
  { ports, keys, time, log, registerSecret }: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  log.info('Pairing: sending the certificate signing request');
  registerSecret(followUp.token);
  const connector = ports.connectors.withToken(connectorUrl, followUp.token);
  try {
    const wanted = { subject: followUp.subject, privateKeyPem };
    const { certificate, failure } = await obtainCertificate(connector, wanted, { keys, time }, signal);
    if (certificate === undefined) return { event: { kind: 'burnt' }, failure };
    return { event: { kind: 'signed', signed: certificate } };
  } finally {
    connector.close();
  }
}

async function proveAndStore(
  { followUp, signed, privateKeyPem }: Extract<PairingState, { at: 'signed' }>,
  { configuration, keepsPresent }: PairingRequest,
  { ports, log, registerSecret }: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  registerSecret(privateKeyPem);
  const { certificatePem, chainPem, caCertificatePem } = signed;
  const credential = { certificatePem, privateKeyPem, chainPem };
  const certificate = inspectCredential(credential);
  if (certificate === undefined) {
    return { event: { kind: 'burnt' }, failure: { kind: 'certificate-unusable', problems: [{ kind: 'unreadable' }] } };
  }
  const { directorUrl, securedConnectorUrl } = followUp;
  const identity = toIdentity(configuration);
  const link = { identity, addresses: { directorUrl, securedConnectorUrl }, credential, certificate };
  if (keepsPresent) await ports.directors.prove(link, signal);
  await ports.credentials.storeClientPair(credential, signal);
  log.info('Pairing: the client certificate is stored');
  return { event: { kind: 'stored', identity }, made: { link, caCertificatePem } };
}

function explainUnanswered({ stored, pause }: PairingMemory, parts: ConnectionParts): ConnectionFailure {
  if (stored.state.at === 'refused') return { kind: 'token-spent', how: 'refused-every-time' };
  return toPending(toLeftMs(pause, parts.time.instant()), parts);
}

function toPending(leftMs: number, { time }: ConnectionParts): ConnectionFailure {
  return { kind: 'token-pending', nextTry: new Date(time.now().getTime() + leftMs), leftMs };
}
