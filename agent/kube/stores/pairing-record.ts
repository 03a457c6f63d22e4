import { z } from 'zod';
import type { PairingRecord } from '../../credentials/ports.ts';

const text = z.string();
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
});

/** Fields that are JSON inside their key; the others are plain text. */
const jsonFields: ReadonlySet<string> = new Set(['followUp', 'signed', 'attempts', 'paired']);
const fields = Object.keys(recordSchema.shape);

/** One key of the Secret for each field of the record; undefined for what the record does not have. */
export function toPairingKeys(record: PairingRecord): Record<string, string | undefined> {
  const present = new Map<string, unknown>(Object.entries(record));
  return Object.fromEntries(
    fields.map((field) => {
      const value = present.get(field);
      if (value === undefined) return [field, undefined];
      return [field, jsonFields.has(field) ? JSON.stringify(value) : String(value)];
    }),
  );
}

/** The record in a Secret's keys; undefined when they hold something else. */
export function parsePairingKeys(keys: Record<string, string>): PairingRecord | undefined {
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
