import { isAgentError, toAgentError } from '../errors/agent-error.ts';
import type { UclLink } from './connection-facts.ts';
import { type ConnectionFailure, toTold } from './connection-failure.ts';
import type { ConnectionParts } from './connection-parts.ts';
import { toIdentity } from './decide-connection.ts';
import { decidePairingStep, hashToken, type PairingStep } from './decide-pairing-step.ts';
import { explainFailure } from './explain-failure.ts';
import { explainProof } from './explain-proof.ts';
import { inspectCredential } from './inspect-credential.ts';
import { obtainCertificate } from './obtain-certificate.ts';
import { followPause, type PairingPause, toLeftMs } from './pairing-pause.ts';
import {
  isAtSameStage,
  isAttempt,
  type PairingEvent,
  type PairingState,
  type UnwrittenEvent,
} from './pairing-state.ts';
import type { StoredPairing } from './ports.ts';
import { recordPairing } from './record-pairing.ts';
import type { PairingConfiguration } from './ucl-access.ts';

/** A credential that was made and stored in this run. */
export interface MadeLink {
  readonly link: UclLink;
  /** undefined: what came as that is of no use. */
  readonly caCertificatePem: string | undefined;
}

export interface PairingMemory {
  readonly stored: StoredPairing;
  readonly pause: PairingPause | undefined;
  readonly unwritten: UnwrittenEvent | undefined;
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
 * Before a token goes out it is asked whether somebody is there. Goes on where an earlier attempt stopped, so it may be
 * called again after any crash or failure.
 * @param known What was read of the memory of pairing in this run; `request`: which the new certificate answers as well.
 * @throws Nothing but the reason of an abort; where UCL had answered before and that is not written down, it is given out.
 */
export async function pairWithToken(
  configuration: PairingConfiguration,
  { request, ...known }: PairingMemory & { readonly request: string | undefined },
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<PairingOutcome> {
  let memory: PairingMemory = known;
  let isAnswered = false;
  const fail = (failure: ConnectionFailure): PairingOutcome => ({ ...memory, made: undefined, failure });
  try {
    memory = await catchUp(memory, parts, signal);
    if (memory.unwritten !== undefined) return fail({ kind: 'contended' });
  } catch (error: unknown) {
    return fail(toTold(error, 'Pairing', signal));
  }
  for (let contentions = 0; contentions < maxContentions; ) {
    memory = follow(memory, parts);
    const leftMs = toLeftMs(memory.pause, parts.time.instant());
    const next = decidePairingStep(memory.stored.state, configuration.token, leftMs);
    try {
      const done = await perform(
        next,
        { configuration, state: memory.stored.state, isAnswered, request },
        parts,
        signal,
      );
      if (done.event === undefined) return fail(done.failure);
      // Whoever has just answered is there.
      isAnswered = done.event.kind === 'claimed' || done.event.kind === 'configured';
      memory = { ...memory, unwritten: toUnwritten(memory.stored.state, done.event) };
      const { stored, isOurs } = await recordPairing(memory.stored, done.event, parts.ports.credentials, signal);
      if (isUnsaid(stored, isOurs, memory)) return { ...fail({ kind: 'contended' }), stored };
      memory = follow({ ...memory, stored, unwritten: undefined }, parts);
      if (done.event.kind === 'unanswered') return fail(explainUnanswered(memory, parts));
      if (done.failure !== undefined) return fail(done.failure);
      if (isOurs && done.made !== undefined) return { ...memory, made: done.made, failure: undefined };
      if (isOurs) continue;
      // Whoever made the claim uses the token now.
      if (done.event.kind === 'claimed') break;
      contentions += 1;
    } catch (error: unknown) {
      if (memory.unwritten !== undefined) return fail({ kind: 'told', error: toAgentError(error, 'Pairing') });
      return fail(toTold(error, 'Pairing', signal));
    }
  }
  return fail({ kind: 'contended' });
}

/** UCL knows of it already. A claim is no such thing: it is decided on anew. */
function toUnwritten(from: PairingState, event: PairingEvent): UnwrittenEvent | undefined {
  return event.kind === 'claimed' ? undefined : { from, event };
}

/**
 * Writes down what could not be written when it happened, unless somebody else has gone on from there meanwhile. It stays
 * unwritten where others write all the time.
 */
async function catchUp(memory: PairingMemory, parts: ConnectionParts, signal: AbortSignal): Promise<PairingMemory> {
  const { stored: before, unwritten } = memory;
  if (unwritten === undefined) return memory;
  if (!isAtSameStage(before.state, unwritten.from)) return { ...memory, unwritten: undefined };
  const { stored, isOurs } = await recordPairing(before, unwritten.event, parts.ports.credentials, signal);
  return isUnsaid(stored, isOurs, memory) ? { ...memory, stored } : { ...memory, stored, unwritten: undefined };
}

/**
 * Others wrote each time, and left the state as it was: what UCL has answered stands nowhere yet, and whoever went on from
 * that state would use the token again.
 */
function isUnsaid({ state }: StoredPairing, isOurs: boolean, { stored, unwritten }: PairingMemory): boolean {
  return !isOurs && unwritten !== undefined && isAtSameStage(state, stored.state);
}

function follow(memory: PairingMemory, { time, settings }: ConnectionParts): PairingMemory {
  const { pause } = memory;
  const { state } = memory.stored;
  const notBefore = 'tries' in state ? state.tries?.notBefore : undefined;
  return { ...memory, pause: followPause(pause, notBefore, time, Math.max(0, ...settings.pairingRetryDelaysMs)) };
}

interface Standing {
  readonly configuration: PairingConfiguration;
  readonly state: PairingState;
  /** Connector has answered in the step before. */
  readonly isAnswered: boolean;
  readonly request: string | undefined;
}

async function perform(
  next: PairingStep,
  { configuration, state, isAnswered, request }: Standing,
  parts: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  switch (next.do) {
    case 'give-up':
      return giveUp(next.failure, configuration, state);
    case 'wait':
      return { failure: toPending(next.leftMs, isAnswerLost(state), parts) };
    case 'begin':
      return begin(configuration.token, parts);
    case 'claim':
      return (await lookFirst(configuration, parts, signal)) ?? { event: { kind: 'claimed' } };
    case 'configure':
    case 'sign': {
      const missing = isAnswered ? undefined : await lookFirst(configuration, parts, signal);
      if (missing !== undefined) return missing;
      const act = () =>
        next.do === 'sign'
          ? sign(next.state, configuration.connectorUrl, parts, signal)
          : fetchFollowUp(configuration, parts, signal);
      return useToken(act, parts, signal);
    }
    case 'store':
      return proveAndStore(next.state, { configuration, request }, parts, signal);
  }
}

/** Nothing stays of an attempt with a token that is no longer there. */
function giveUp(failure: ConnectionFailure, { token }: PairingConfiguration, state: PairingState): Done {
  const isOver = isAttempt(state) && state.tokenHash !== hashToken(token);
  return isOver ? { event: { kind: 'abandoned', isSpent: false }, failure } : { failure };
}

/**
 * A token that is presented while Connector or gateway is down is burnt by that; asking without one burns nothing and
 * tells first (docs/contracts/compass.md#look-before-use).
 */
async function lookFirst(
  { connectorUrl }: PairingConfiguration,
  { ports }: ConnectionParts,
  signal: AbortSignal,
): Promise<Done | undefined> {
  try {
    await ports.connectors.look(connectorUrl, signal);
    return undefined;
  } catch (error: unknown) {
    const told = toTold(error, 'Looking for Connector', signal);
    return { failure: told.kind === 'told' ? { kind: 'nobody-there', error: told.error } : told };
  }
}

async function begin(token: string, { keys, settings, log, registerSecret }: ConnectionParts) {
  log.info('Pairing: generating the key', { bits: settings.certKeySize });
  const privateKeyPem = await keys.generatePrivateKey(settings.certKeySize);
  registerSecret(privateKeyPem);
  return { event: { kind: 'begun', tokenHash: hashToken(token), privateKeyPem } } as const;
}

/** A GraphQL answer burnt the token for certain, whatever stands in it; one that is lost probably. An empty 400 may be an outage. */
async function useToken(
  use: () => Promise<Done>,
  { time, settings }: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  try {
    return await use();
  } catch (error: unknown) {
    const failure = toTold(error, 'Pairing', signal);
    if (!isAgentError(error)) return { failure };
    const { reason, message, effect } = error;
    if (reason === 'TokenRefused') return { event: { kind: 'burnt', refusal: { reason, message } }, failure };
    if (effect === 'certain') {
      const refusal = { reason: 'InvalidAnswer', message } as const;
      return { event: { kind: 'burnt', refusal }, failure: { kind: 'token-spent', how: 'refused-before', refusal } };
    }
    if (effect === 'possible') return { event: { kind: 'lost' }, failure: { kind: 'answer-lost', error } };
    if (reason !== 'TokenRefusedOrUnavailable') return { failure };
    return { event: { kind: 'unanswered', at: time.now(), retryDelaysMs: settings.pairingRetryDelaysMs } };
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
    if (certificate === undefined) return burn(failure);
    return { event: { kind: 'signed', signed: certificate } };
  } finally {
    connector.close();
  }
}

async function proveAndStore(
  state: Extract<PairingState, { at: 'signed' }>,
  { configuration, request }: Pick<Standing, 'configuration' | 'request'>,
  { ports, time, log, registerSecret }: ConnectionParts,
  signal: AbortSignal,
): Promise<Done> {
  registerSecret(state.privateKeyPem);
  const link = toSignedLink(state, configuration);
  if (link === undefined) return burn({ kind: 'certificate-unusable', problems: [{ kind: 'unreadable' }] });
  const { identity } = link;
  const { notAfter, fingerprint } = link.certificate;
  if (notAfter <= time.now()) {
    return burn({ kind: 'certificate-unusable', problems: [{ kind: 'expired', at: notAfter }] });
  }
  try {
    await ports.directors.prove(link, signal);
  } catch (error: unknown) {
    // The certificate is kept: whoever corrects TENANT or RUNTIME_ID needs no new token.
    const failure = toTold(error, 'Proving the new client certificate', signal);
    return { failure: explainProof(failure, identity, state.present?.identity, true) };
  }
  await ports.credentials.storeClientPair(link.credential, signal);
  log.info('Pairing: the client certificate is stored');
  const { caCertificatePem } = state.signed;
  return { event: { kind: 'stored', identity, fingerprint, request }, made: { link, caCertificatePem } };
}

/** What a certificate that waits to be proven would serve as; undefined where it cannot be read. */
export function toSignedLink(
  { followUp, signed, privateKeyPem }: Extract<PairingState, { at: 'signed' }>,
  configuration: PairingConfiguration,
): UclLink | undefined {
  const { certificatePem, chainPem } = signed;
  const credential = { certificatePem, privateKeyPem, chainPem };
  const certificate = inspectCredential(credential);
  const { directorUrl, securedConnectorUrl } = followUp;
  const addresses = { directorUrl, securedConnectorUrl };
  return certificate && { identity: toIdentity(configuration), addresses, credential, certificate };
}

function explainUnanswered({ stored, pause }: PairingMemory, parts: ConnectionParts): ConnectionFailure {
  if (stored.state.at === 'refused') return { kind: 'token-spent', how: 'refused-every-time' };
  return toPending(toLeftMs(pause, parts.time.instant()), isAnswerLost(stored.state), parts);
}

function isAnswerLost(state: PairingState): boolean {
  return 'tries' in state && state.tries?.isAnswerLost === true;
}

function toPending(leftMs: number, isLost: boolean, { time }: ConnectionParts): ConnectionFailure {
  const nextTry = new Date(time.now().getTime() + leftMs);
  return { kind: 'token-pending', nextTry, leftMs, isAnswerLost: isLost };
}

/** What the token gave is useless, and the same would come again. */
function burn(failure: ConnectionFailure): Done {
  const { reason, message } = explainFailure(failure);
  const told = reason === 'CertificateRejected' || reason === 'InvalidAnswer' ? reason : 'TokenRefused';
  return { event: { kind: 'burnt', refusal: { reason: told, message } }, failure };
}
