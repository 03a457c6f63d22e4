import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { PublicKey } from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatePrivateKey } from '../../../agent/connection/create-certificate-signing-request.ts';
import { inspectCredential, issuersIn, splitPem } from '../../../agent/connection/inspect-credential.ts';
import type { SignedCertificate } from '../../../agent/connection/ucl-access.ts';
import { verifyCertificate } from '../../../agent/connection/verify-certificate.ts';
import {
  type CertificateToIssue,
  createIssuingAuthority,
  type IssuingAuthority,
} from '../../servers/ucl/certificate-authority.ts';

const hourMs = 3_600_000;
const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2026-04-01T00:00:00Z');
const during = new Date('2026-02-01T00:00:00Z');
const subject = 'O=Org,OU=OrgUnit,L=locality,ST=province,C=DE,CN=auth';
let authority: IssuingAuthority;
let otherAuthority: IssuingAuthority;
let key: string;
let otherKey: string;

beforeAll(async () => {
  [authority, otherAuthority, key, otherKey] = await Promise.all([
    createIssuingAuthority(),
    createIssuingAuthority(),
    generatePrivateKey(2048),
    generatePrivateKey(2048),
  ]);
});

function publicKeyOf(privateKeyPem: string): PublicKey {
  return new PublicKey(createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' }));
}

async function sign(changes: Partial<CertificateToIssue> = {}, by = authority): Promise<SignedCertificate> {
  const issued = await by.issue({ subject, publicKey: publicKeyOf(key), notBefore, notAfter, ...changes });
  return {
    clientCertificatePem: issued.clientCertificate,
    certificateChainPem: issued.certificateChain,
    caCertificatePem: issued.caCertificate,
  };
}

const verify = (signed: SignedCertificate, { now = during, wanted = subject } = {}) =>
  verifyCertificate(signed, key, wanted, now);

describe('what Connector signed', () => {
  it('is good when it fits the key, the subject and the time, and comes with its issuer', async () => {
    expect(verify(await sign())).toEqual([]);
  });

  it('may have its attributes in another order, and more of them', async () => {
    const other = await sign({ subject: 'CN=auth,C=DE,ST=province,L=locality,O=Org,OU=OrgUnit,OU=Second' });
    expect(verify(other)).toEqual([]);
    const combined = await sign({
      subject: [
        { CN: ['auth'] },
        { C: ['DE'] },
        { ST: ['province'] },
        { L: ['locality'] },
        { O: ['Org'] },
        { OU: ['OrgUnit', 'Z'] },
      ],
    });
    expect(verify(combined)).toEqual([]);
  });

  it('may have a comma in an attribute', async () => {
    const signed = await sign({ subject: [{ O: ['Org, Inc.'] }, { CN: ['auth'] }] });
    expect(verify(signed, { wanted: 'O=Org\\, Inc., CN=auth,' })).toEqual([]);
    expect(verify(signed, { wanted: 'O=Org,CN=auth' })).toEqual([{ kind: 'other-subject' }]);
  });

  it('is not usable for another key', async () => {
    expect(verify(await sign({ publicKey: publicKeyOf(otherKey) }))).toEqual([{ kind: 'other-key' }]);
  });

  it('is not usable for another subject', async () => {
    expect(verify(await sign({ subject: subject.replace('auth', 'other') }))).toEqual([{ kind: 'other-subject' }]);
  });

  it('is not usable from the moment of its end on', async () => {
    const signed = await sign();
    expect(verify(signed, { now: new Date(notAfter.getTime() - 1) })).toEqual([]);
    expect(verify(signed, { now: notAfter })).toEqual([{ kind: 'expired', at: notAfter }]);
  });

  it('may begin an hour ahead, as far as clocks may differ, and no more', async () => {
    const signed = await sign();
    expect(verify(signed, { now: new Date(notBefore.getTime() - hourMs) })).toEqual([]);
    expect(verify(signed, { now: new Date(notBefore.getTime() - hourMs - 1) })).toEqual([
      { kind: 'not-yet-valid', at: notBefore },
    ]);
  });

  it.each(['', 'rubbish', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
    'is not usable when it cannot be parsed: %j',
    async (clientCertificatePem) => {
      expect(verify({ ...(await sign()), clientCertificatePem })).toEqual([{ kind: 'unreadable' }]);
    },
  );

  it('is not usable without the certificate of the authority', async () => {
    expect(verify({ ...(await sign()), caCertificatePem: '' })).toEqual([{ kind: 'no-authority' }]);
  });

  it('is not usable with a chain that begins with another', async () => {
    const signed = await sign();
    const foreign = await sign({ publicKey: publicKeyOf(otherKey) });
    expect(verify({ ...signed, certificateChainPem: foreign.certificateChainPem })).toEqual([
      { kind: 'foreign-chain' },
    ]);
    expect(verify({ ...signed, certificateChainPem: '' })).toEqual([{ kind: 'foreign-chain' }]);
  });

  it('is not usable with a chain that lacks its issuer, or has another of the same name', async () => {
    const signed = await sign();
    const { clientCertificatePem } = signed;
    const broken = [{ kind: 'broken-chain' }];
    expect(verify({ ...signed, certificateChainPem: clientCertificatePem })).toEqual(broken);
    const impostor = `${clientCertificatePem}${otherAuthority.certificatePem}`;
    expect(verify({ ...signed, certificateChainPem: impostor })).toEqual(broken);
    const backwards = `${clientCertificatePem}${authority.certificatePem}${clientCertificatePem}`;
    expect(verify({ ...signed, certificateChainPem: backwards })).toEqual(broken);
  });

  it('is told all that is wrong with it', async () => {
    const signed = await sign({ subject: 'CN=other', publicKey: publicKeyOf(otherKey) });
    const problems = verify({ ...signed, caCertificatePem: '', certificateChainPem: '' }, { now: notAfter });
    expect(problems.map(({ kind }) => kind)).toEqual([
      'other-key',
      'expired',
      'other-subject',
      'no-authority',
      'foreign-chain',
    ]);
  });
});

describe('a stored credential', () => {
  it('is known by its dates, its fingerprint, and whether the key belongs to it', async () => {
    const { clientCertificatePem, certificateChainPem } = await sign();
    const credential = { certificatePem: clientCertificatePem, privateKeyPem: key, chainPem: certificateChainPem };
    expect(inspectCredential(credential)).toEqual({
      notBefore,
      notAfter,
      keyMatches: true,
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    });
    expect(inspectCredential({ ...credential, privateKeyPem: otherKey })).toMatchObject({ keyMatches: false });
    expect(inspectCredential({ ...credential, privateKeyPem: 'rubbish' })).toBeUndefined();
    expect(inspectCredential({ ...credential, certificatePem: 'rubbish' })).toBeUndefined();
  });

  it('has in its chain what the authority answered', async () => {
    const { clientCertificatePem, certificateChainPem, caCertificatePem } = await sign();
    const credential = { certificatePem: clientCertificatePem, privateKeyPem: key, chainPem: certificateChainPem };
    expect(issuersIn(credential)).toBe(caCertificatePem);
    const withRoot = `${certificateChainPem}${otherAuthority.certificatePem}`;
    expect(issuersIn({ ...credential, chainPem: withRoot })).toBe(
      `${caCertificatePem}${otherAuthority.certificatePem}`,
    );
    expect(issuersIn({ ...credential, chainPem: clientCertificatePem })).toBeUndefined();
    expect(issuersIn({ ...credential, chainPem: '' })).toBeUndefined();
    expect(splitPem('rubbish')).toEqual([]);
  });
});
