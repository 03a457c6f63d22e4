import * as z from 'zod';
import type { PairingState, PresentCertificate, Tries } from '../../connection/pairing-state.ts';

const text = z.string();
const refusalSchema = z.object({
  reason: z.enum(['TokenRefused', 'CertificateRejected', 'InvalidAnswer']),
  message: text,
});
/**
 * As it has been since version 0.1.0, one field a key of the Secret; an older or newer agent reads it as well. What came
 * later has keys of its own, which version 0.1.0 leaves as they are.
 */
const recordSchema = z.object({
  tokenHash: text.exactOptional(),
  privateKeyPem: text.exactOptional(),
  followUp: z.object({ token: text, subject: text, directorUrl: text, securedConnectorUrl: text }).exactOptional(),
  signed: z.object({ certificatePem: text, chainPem: text, caCertificatePem: text }).exactOptional(),
  attempts: z.number().int().nonnegative().exactOptional(),
  nextAttemptAt: z.iso.datetime({ offset: true }).exactOptional(),
  refusedTokenHash: text.exactOptional(),
  usedTokenHash: text.exactOptional(),
  paired: z
    .object({ runtimeId: text, tenant: text, connectorUrl: text, directorUrl: text, securedConnectorUrl: text })
    .exactOptional(),
  fingerprints: z.array(text).exactOptional(),
  isAnswerLost: z.boolean().exactOptional(),
  refusal: refusalSchema.exactOptional(),
  madeFor: z.object({ request: text, fingerprint: text }).exactOptional(),
});
type PairingRecord = z.infer<typeof recordSchema>;

/** Fields that are JSON inside their key; the others are plain text. */
const jsonFields: ReadonlySet<string> = new Set([
  'followUp',
  'signed',
  'attempts',
  'paired',
  'fingerprints',
  'isAnswerLost',
  'refusal',
  'madeFor',
]);
const fields = Object.keys(recordSchema.shape);

/** The keys of the Secret for a state; undefined for those that it does not have. */
export function toPairingKeys(state: PairingState): Record<string, string | undefined> {
  return toKeys(toRecord(state));
}

/** The state in a Secret's keys; undefined when they hold something else. */
export function parsePairingKeys(keys: Readonly<Record<string, string>>): PairingState | undefined {
  const record = parseRecord(keys);
  return record && toState(record);
}

function toKeys(record: PairingRecord): Record<string, string | undefined> {
  const present = new Map<string, unknown>(Object.entries(record));
  return Object.fromEntries(
    fields.map((field) => {
      const value = present.get(field);
      if (value === undefined) return [field, undefined];
      return [field, typeof value === 'string' ? value : JSON.stringify(value)];
    }),
  );
}

function parseRecord(keys: Readonly<Record<string, string>>): PairingRecord | undefined {
  const present = Object.entries(keys).filter(([key]) => fields.includes(key));
  const values = Object.fromEntries(
    present.map(([key, value]) => [key, jsonFields.has(key) ? parseJson(value) : value]),
  );
  return recordSchema.safeParse(values).data;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

function toRecord(state: PairingState): PairingRecord {
  const present = state.present === undefined ? {} : fromPresent(state.present);
  switch (state.at) {
    case 'unpaired':
    case 'paired':
      return present;
    case 'refused':
      return {
        ...present,
        refusedTokenHash: state.refusedTokenHash,
        ...(state.refusal !== undefined && { refusal: state.refusal }),
      };
    case 'keyed':
    case 'configured':
    case 'signed':
      return {
        ...present,
        ...fromTries(state.tries),
        tokenHash: state.tokenHash,
        privateKeyPem: state.privateKeyPem,
        ...('followUp' in state && { followUp: state.followUp }),
        ...('signed' in state && {
          signed: { ...state.signed, caCertificatePem: state.signed.caCertificatePem ?? '' },
        }),
      };
  }
}

function fromPresent({ identity, addresses, usedTokenHash, fingerprints, madeFor }: PresentCertificate): PairingRecord {
  return {
    paired: { ...identity, ...addresses },
    ...(usedTokenHash !== undefined && { usedTokenHash }),
    ...(fingerprints.length > 0 && { fingerprints: [...fingerprints] }),
    ...(madeFor !== undefined && { madeFor }),
  };
}

function fromTries(tries: Tries | undefined): PairingRecord {
  if (tries === undefined) return {};
  const { count: attempts, notBefore, isAnswerLost } = tries;
  return {
    attempts,
    ...(notBefore !== undefined && { nextAttemptAt: notBefore.toISOString() }),
    ...(isAnswerLost && { isAnswerLost }),
  };
}

/** What has no meaning together, which no version writes, counts as far as it has one. */
function toState(record: PairingRecord): PairingState {
  const { tokenHash, privateKeyPem, followUp, usedTokenHash } = record;
  const signed = record.signed && { ...record.signed, caCertificatePem: record.signed.caCertificatePem || undefined };
  const present = toPresent(record);
  if (tokenHash !== undefined && privateKeyPem !== undefined && tokenHash !== record.refusedTokenHash) {
    const attempt = { present, tokenHash, privateKeyPem, tries: toTries(record) };
    if (followUp === undefined) return { at: 'keyed', ...attempt };
    return signed === undefined
      ? { at: 'configured', ...attempt, followUp }
      : { at: 'signed', ...attempt, followUp, signed };
  }
  // A used token without what it paired is as useless as a refused one.
  const refusedTokenHash = record.refusedTokenHash ?? (present === undefined ? usedTokenHash : undefined);
  if (refusedTokenHash !== undefined) return { at: 'refused', present, refusedTokenHash, refusal: record.refusal };
  return present === undefined ? { at: 'unpaired', present } : { at: 'paired', present };
}

function toPresent({
  paired,
  usedTokenHash,
  fingerprints = [],
  madeFor,
}: PairingRecord): PresentCertificate | undefined {
  if (paired === undefined) return undefined;
  const { runtimeId, tenant, connectorUrl, directorUrl, securedConnectorUrl } = paired;
  return {
    identity: { runtimeId, tenant, connectorUrl },
    addresses: { directorUrl, securedConnectorUrl },
    usedTokenHash,
    fingerprints,
    ...(madeFor !== undefined && { madeFor }),
  };
}

function toTries({ attempts, nextAttemptAt, isAnswerLost = false }: PairingRecord): Tries | undefined {
  if (attempts === undefined) return undefined;
  const notBefore = nextAttemptAt === undefined ? undefined : new Date(nextAttemptAt);
  return { count: attempts, notBefore, isAnswerLost };
}
