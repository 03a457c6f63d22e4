import { describe, expect, it } from 'vitest';
import {
  credentialsSecretName,
  explainInvalidName,
  normalizeApplicationName,
  normalizeName,
  normalizeServiceNameWithId,
  parametersSecretName,
  toLabelValue,
} from '../../../agent/domain/names.ts';

const uuid = 'e4148ee9-79c0-4d81-863c-311f32aeed9b';

describe('names of services and gateway segments (worked examples A)', () => {
  it.each([
    ['DisplayName', 'displayname', 'displayname-87ea5'],
    ['display_!@#$%^&*()name', 'display-name', 'display-name-87ea5'],
    ['-----displayname', 'displayname', 'displayname-87ea5'],
    ['name---', 'name', 'name-87ea5'],
    ['123 Start', '123-start', '123-start-87ea5'],
    ['Zażółć gęślą jaźń', 'za-g-l-ja', 'za-g-l-ja-87ea5'],
    ['ÄÖÜ', '', '87ea5'],
    ['', '', '87ea5'],
    ['İstanbul', 'stanbul', 'stanbul-87ea5'],
    ['日本語 API v2', 'api-v2', 'api-v2-87ea5'],
    [`${'a'.repeat(56)}-${'b'.repeat(10)}`, `${'a'.repeat(56)}-`, `${'a'.repeat(56)}--87ea5`],
    [`!${'a'.repeat(60)}`, 'a'.repeat(56), `${'a'.repeat(56)}-87ea5`],
  ])('normalises %j as the gateway does', (input, name, withId) => {
    expect(normalizeName(input)).toBe(name);
    expect(normalizeServiceNameWithId(input, 'id')).toBe(withId);
  });

  it.each([
    ['bundle1', '43857'],
    ['bundle2', '4b91a'],
    ['bundle3', '16aa4'],
    ['', 'da39a'],
    [uuid, '0d79e'],
  ])('ends a service name with the first five digits of the sha1 of %j', (id, digits) => {
    expect(normalizeServiceNameWithId('x', id)).toBe(`x-${digits}`);
  });
});

describe('names of Applications (worked examples B)', () => {
  it.each([
    ['tEsT-ApPlIcAtIoN', 'mp-test-application'],
    ['test%.-&application', 'mp-test-application'],
    ['mp-test-application', 'mp-test-application'],
    ['mp-Test', 'mp-mp-test'],
    ['MP-test', 'mp-mp-test'],
    ['mp-', 'mp-mp'],
    ['mp-trailing-', 'mp-mp-trailing'],
    ['', 'mp'],
    ['@@@', 'mp'],
    ['日本語', 'mp'],
    ['123app', 'mp-123app'],
    ['app.with.dots', 'mp-app-with-dots'],
    ['İstanbul', 'mp-istanbul'],
    ['Zażółć', 'mp-za'],
    ['x'.repeat(260), `mp-${'x'.repeat(260)}`],
  ])('normalises %j as the Go agent does', (input, name) => {
    expect(normalizeApplicationName(input)).toBe(name);
  });
});

describe('names of Secrets (worked examples C)', () => {
  it.each([
    ['mp-app', `mp-app-${uuid}`, `params-mp-app-${uuid}`],
    ['a', `a-${uuid}`, `params-a-${uuid}`],
    ['params-x', `params-x-${uuid}`, `params-params-x-${uuid}`],
    ['short_application', `short_application-${uuid}`, `params-short_application-${uuid}`],
    ['max_application_aaaaaaaaaa', `max_application_aaaaaaaaaa-${uuid}`, `params-max_application_aaa-${uuid}`],
    ['toolong_application_aaaaaxxxx', `toolong_application_aaaaax-${uuid}`, `params-toolong_application-${uuid}`],
    ['mp-sap-commerce-cloud-production', `mp-sap-commerce-cloud-prod-${uuid}`, `params-mp-sap-commerce-clo-${uuid}`],
    ['mp-1234567890123456789-ab-cdef', `mp-1234567890123456789-ab--${uuid}`, `params-mp-1234567890123456-${uuid}`],
    ['123456789012345678901234567', `12345678901234567890123456-${uuid}`, `params-1234567890123456789-${uuid}`],
    ['ąę'.repeat(8), `${'ąę'.repeat(6)}ą-${uuid}`, expect.stringContaining(uuid)],
  ])('cuts %s to 26 bytes before the id', (application, credentials, parameters) => {
    expect(credentialsSecretName(application, uuid)).toBe(credentials);
    expect(parametersSecretName(application, uuid)).toEqual(parameters);
  });
});

describe('label values', () => {
  it('leaves a name of 63 characters as it is and shortens the next longer one with a hash that tells names apart', () => {
    expect(toLabelValue('a'.repeat(63))).toBe('a'.repeat(63));
    const one = toLabelValue('a'.repeat(64));
    const other = toLabelValue(`${'a'.repeat(63)}b`);
    expect(one).toMatch(/^a{54}-[0-9a-f]{8}$/);
    expect(other).not.toBe(one);
    expect(toLabelValue(`${'a'.repeat(50)}---------------`)).toMatch(/^a{50}-[0-9a-f]{8}$/);
    expect(toLabelValue(`a--b${'c'.repeat(60)}`)).toMatch(/^a--bc{50}-[0-9a-f]{8}$/);
  });
});

describe('names that Kubernetes refuses', () => {
  it('names the rule for upper case, bad ends and over-long names, and accepts dots and dashes inside', () => {
    expect(explainInvalidName('mp-system-number-app-Sys_0000.123')).toContain('lower-case');
    expect(explainInvalidName('mp-')).toContain('begin and end');
    expect(explainInvalidName('m'.repeat(254))).toContain('254');
    expect(explainInvalidName('m'.repeat(253))).toBeUndefined();
    expect(explainInvalidName('mp-app.v1')).toBeUndefined();
  });
});
