import { describe, expect, test } from 'vitest';
import type { SecretResource } from '../../../../agent/domain/resources.ts';
import {
  createConfigurationSource,
  parsePairingConfiguration,
  toConfigurationFingerprint,
} from '../../../../agent/kube/stores/configuration-source.ts';
import { createFakeSource } from '../fake-source.ts';

const ref = { namespace: 'kyma-system', name: 'one' };
const good = {
  CONNECTOR_URL: 'https://c.example/graphql',
  TOKEN: 'hunter2',
  RUNTIME_ID: '3a6b1c52-6a0b-4f5e-9f70-3f5c1f2d9c11',
  TENANT: 'tenant',
};

function secret(values: Record<string, string>): SecretResource {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: ref, data };
}

describe('the configuration Secret', () => {
  test('is read by its name', async () => {
    const source = createConfigurationSource(createFakeSource([secret(good)]), ref);
    expect(await source.read(new AbortController().signal)).toEqual({
      kind: 'present',
      configuration: {
        connectorUrl: good.CONNECTOR_URL,
        token: 'hunter2',
        runtimeId: good.RUNTIME_ID,
        tenant: 'tenant',
      },
    });
  });

  test('is told to be missing by name, with what it has to hold', () => {
    expect(parsePairingConfiguration(undefined, ref)).toEqual({
      kind: 'missing',
      message:
        'Secret kyma-system/one does not exist; it is created when the runtime is registered in UCL, and holds CONNECTOR_URL, TOKEN, RUNTIME_ID and TENANT',
    });
  });

  test('may hold white space around its values, and no token', () => {
    const { TOKEN: _, ...tokenless } = good;
    const padded = Object.fromEntries(Object.entries(tokenless).map(([key, value]) => [key, ` ${value}\n`]));
    expect(parsePairingConfiguration(secret(padded), ref)).toMatchObject({
      kind: 'present',
      configuration: { connectorUrl: good.CONNECTOR_URL, token: '', runtimeId: good.RUNTIME_ID, tenant: 'tenant' },
    });
  });

  test.each([
    ['CONNECTOR_URL', '', 'CONNECTOR_URL is missing'],
    ['CONNECTOR_URL', 'http://c.example', 'CONNECTOR_URL must be an https:// URL'],
    ['CONNECTOR_URL', 'c.example', 'CONNECTOR_URL must be an https:// URL'],
    ['RUNTIME_ID', ' ', 'RUNTIME_ID is missing'],
    ['RUNTIME_ID', `x${good.RUNTIME_ID}`, 'RUNTIME_ID must be a UUID'],
    ['RUNTIME_ID', `${good.RUNTIME_ID}x`, 'RUNTIME_ID must be a UUID'],
    ['TENANT', '', 'TENANT is missing'],
    ['TOKEN', 'hun\u200bter2', 'TOKEN holds the character U+200B, which does not belong there (character 4 of 8)'],
    ['TOKEN', 'hun\nter2', 'TOKEN holds the character U+000A, which does not belong there (character 4 of 8)'],
    ['TOKEN', 'hunter 2', 'TOKEN holds the character U+0020, which does not belong there (character 7 of 8)'],
    ['TOKEN', '\u200bhunter2', 'TOKEN holds the character U+200B, which does not belong there (character 1 of 8)'],
    ['TENANT', 'ten\u200bant', 'TENANT holds the character U+200B, which does not belong there (character 4 of 7)'],
    ['TENANT', 'ten\r\nant', 'TENANT holds the character U+000D, which does not belong there (character 4 of 8)'],
    ['TENANT', 'tenänt', 'TENANT holds the character U+00E4, which does not belong there (character 4 of 6)'],
    [
      'CONNECTOR_URL',
      'https://c.exa\nmple',
      'CONNECTOR_URL holds the character U+000A, which does not belong there (character 14 of 18)',
    ],
    [
      'CONNECTOR_URL',
      'https://c.exa\u{e0041}mple',
      'CONNECTOR_URL holds the character U+E0041, which does not belong there (character 14 of 19)',
    ],
  ])('with the %s %j is not usable: %s', (key, value, problem) => {
    expect(parsePairingConfiguration(secret({ ...good, [key]: value }), ref)).toEqual({
      kind: 'invalid',
      message: `Secret kyma-system/one is not usable: ${problem}`,
    });
  });

  test('that holds bytes which are no text is told by the key', () => {
    const data = { ...secret(good).data, TENANT: Buffer.from([0x74, 0xff]).toString('base64') };
    expect(parsePairingConfiguration({ ...secret(good), data }, ref)).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('TENANT holds the character U+FFFD'),
    });
  });

  test('is told of a value that no header could hold', () => {
    expect(parsePairingConfiguration(secret({ ...good, TOKEN: 'a'.repeat(4097) }), ref)).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('TOKEN has more than 4096 characters'),
    });
  });

  test('may name a Connector by letters of any script', () => {
    const read = parsePairingConfiguration(secret({ ...good, CONNECTOR_URL: 'https://größe.example/数' }), ref);
    expect(read.kind).toBe('present');
  });

  test('with several problems is told of all', () => {
    expect(parsePairingConfiguration(secret({ TOKEN: 'hunter2' }), ref)).toEqual({
      kind: 'invalid',
      message:
        'Secret kyma-system/one is not usable: CONNECTOR_URL is missing; RUNTIME_ID is missing; TENANT is missing',
    });
  });

  test('has a fingerprint that tells contents apart, and keeps none of them', () => {
    const fingerprint = toConfigurationFingerprint(secret(good));
    expect(toConfigurationFingerprint(secret({ ...good, TOKEN: 'other' }))).not.toBe(fingerprint);
    const reversed = Object.fromEntries(Object.entries(good).reverse());
    expect(toConfigurationFingerprint({ ...secret(reversed), metadata: { name: 'one', labels: { a: 'b' } } })).toBe(
      fingerprint,
    );
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(toConfigurationFingerprint(undefined)).toBe('');
    const { data: _, ...empty } = secret({});
    expect(toConfigurationFingerprint(empty)).toBe(toConfigurationFingerprint(secret({})));
    expect(toConfigurationFingerprint(empty)).not.toBe('');
  });
});
