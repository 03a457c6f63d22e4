import { describe, expect, test } from 'vitest';
import { parseConfiguration, parseSignedCertificate } from '../../../agent/compass/parse-connector.ts';

const director = 'https://director.example.test/graphql';
const toAnswer = (address: unknown, changes: Readonly<Record<string, unknown>> = {}) => ({
  configuration: {
    token: { token: 'one-time' },
    certificateSigningRequestInfo: { subject: 'CN=runtime' },
    managementPlaneInfo: { directorURL: director, certificateSecuredConnectorURL: address },
    ...changes,
  },
});
const base64 = (text: string) => Buffer.from(text).toString('base64');
const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const toSigned = (changes: Readonly<Record<string, unknown>> = {}) => ({
  signCertificateSigningRequest: {
    clientCertificate: base64(pem),
    certificateChain: base64(`${pem}${pem}`),
    caCertificate: base64(pem),
    ...changes,
  },
});

describe('The configuration of Connector', () => {
  test('is read whole', () => {
    const address = 'https://connector.example.test:8443/graphql?a=b';
    expect(parseConfiguration(toAnswer(address))).toEqual({
      ok: true,
      value: { token: 'one-time', subject: 'CN=runtime', directorUrl: director, securedConnectorUrl: address },
    });
  });

  test.each([
    'http://connector.example.test',
    'ftp://connector.example.test',
    'connector.example.test',
    'https://',
    '',
    ' https://connector.example.test',
    'https://connector.example.test/ a',
    'https://connector.example.test/\u200b',
    'https://connector.example.test/\n',
    `https://connector.example.test/${'a'.repeat(2_048)}`,
    null,
    7,
  ])('is refused where an address is %j', (address) => {
    expect(parseConfiguration(toAnswer(address)).ok).toBe(false);
  });

  test.each([
    ['token', { token: { token: '' } }],
    ['token', { token: null }],
    ['subject', { certificateSigningRequestInfo: { subject: '' } }],
    ['addresses', { managementPlaneInfo: null }],
  ])('is refused without %s', (_, changes) => {
    expect(parseConfiguration(toAnswer(director, changes)).ok).toBe(false);
  });
});

describe('A signed certificate', () => {
  test('is read with its chain and authority, whatever white space the base64 has', () => {
    const folded = base64(pem).replace(/(.{10})/g, '$1\n ');
    expect(parseSignedCertificate(toSigned({ clientCertificate: folded }))).toEqual({
      ok: true,
      value: { clientCertificatePem: pem, certificateChainPem: `${pem}${pem}`, caCertificatePem: pem },
    });
  });

  const long = base64(pem.padEnd(196_608));
  test('may hold as much as a hundred certificates', () => {
    expect(long).toHaveLength(262_144);
    const parsed = parseSignedCertificate(toSigned({ certificateChain: long }));
    expect(parsed).toMatchObject({ value: { certificateChainPem: pem.padEnd(196_608) } });
  });

  test.each([
    ...[null, undefined, '', 'not base64!', base64('no certificate'), `${long}AAAA`],
    ...[`!${base64(pem)}`, `${base64(pem)}!`],
  ])('is read without what comes beside it where that is %j', (text) => {
    const parsed = parseSignedCertificate(toSigned({ certificateChain: text, caCertificate: text }));
    expect(parsed).toEqual({
      ok: true,
      value: { clientCertificatePem: pem, certificateChainPem: '', caCertificatePem: '' },
    });
  });

  test.each(['', 'not base64!', base64('no certificate'), null])('is refused where it is %j itself', (text) => {
    expect(parseSignedCertificate(toSigned({ clientCertificate: text })).ok).toBe(false);
  });

  test('that is no PEM says so', () => {
    expect(parseSignedCertificate(toSigned({ clientCertificate: base64('no certificate') }))).toEqual({
      ok: false,
      problem: 'the certificate in it is not base64 of PEM',
    });
  });
});
