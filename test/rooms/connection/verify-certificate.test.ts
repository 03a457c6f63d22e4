import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import { Pkcs10CertificateRequest, PublicKey } from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createCertificateSigningRequest,
  generatePrivateKey,
  readSubject,
} from '../../../agent/connection/create-certificate-signing-request.ts';
import { inspectCredential } from '../../../agent/connection/inspect-credential.ts';
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
let key: string;
let otherKey: string;

beforeAll(async () => {
  [authority, key, otherKey] = await Promise.all([
    createIssuingAuthority(),
    generatePrivateKey(2048),
    generatePrivateKey(2048),
  ]);
});

function publicKeyOf(privateKeyPem: string): PublicKey {
  return new PublicKey(createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' }));
}

async function sign(changes: Partial<CertificateToIssue> = {}): Promise<SignedCertificate> {
  const issued = await authority.issue({ subject, publicKey: publicKeyOf(key), notBefore, notAfter, ...changes });
  return {
    clientCertificatePem: issued.clientCertificate,
    certificateChainPem: issued.certificateChain,
    caCertificatePem: issued.caCertificate,
  };
}

const verify = async ({ clientCertificatePem }: SignedCertificate, { now = during, wanted = subject } = {}) =>
  verifyCertificate(clientCertificatePem, key, (await readSubject(wanted)) ?? [], now);

describe('what Connector signed', () => {
  it('is good when it fits the key, the subject and the time, and comes with its issuer', async () => {
    expect(await verify(await sign())).toEqual([]);
  });

  it('may have its attributes in another order, and more of them', async () => {
    const other = await sign({ subject: 'CN=auth,C=DE,ST=province,L=locality,O=Org,OU=OrgUnit,OU=Second' });
    expect(await verify(other)).toEqual([]);
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
    expect(await verify(combined)).toEqual([]);
  });

  it.each([
    ['O=a<b,CN=auth', 'a<b'],
    ['O=a\\<b,CN=auth', 'a<b'],
    ['O=a>b,CN=auth', 'a>b'],
    ['O=a;b,CN=auth', 'a;b'],
    ['O=a\\;b,CN=auth', 'a;b'],
    ['O=Org\\, Inc.,CN=auth', 'Org, Inc.'],
    ['O="Org, Inc.",CN=auth', 'Org, Inc.'],
    ['O=a\\+b,CN=auth', 'a+b'],
    ['O=a \\+ b,CN=auth', 'a + b'],
    ['O=a\\"b,CN=auth', 'a"b'],
    ['O=a\\0Ab,CN=auth', 'a\nb'],
    ['O= a ,CN=auth', ' a '],
    ['O=a=b,CN=auth', 'a=b'],
    ['O=ü,CN=auth', 'ü'],
  ])('may have what has to be escaped in a subject: %s', async (wanted, organization) => {
    const name = await readSubject(wanted);
    expect(name).toEqual([
      ['O', organization],
      ['CN', 'auth'],
    ]);
    const signed = await sign({ subject: [{ O: [organization] }, { CN: ['auth'] }] });
    expect(await verify(signed, { wanted })).toEqual([]);
    const other = await sign({ subject: [{ O: [`${organization}!`] }, { CN: ['auth'] }] });
    expect(await verify(other, { wanted })).toEqual([{ kind: 'other-subject' }]);
  });

  it('bears the subject that the request asks for, whatever stands in it', async () => {
    for (const wanted of ['OU=A+OU=B,CN=auth', 'O=a\\, b\\+c\\;d\\<e\\>,OU=x;y<z>,CN=auth']) {
      const request = Buffer.from(await createCertificateSigningRequest(wanted, key), 'base64').toString();
      const signed = await sign({ subject: new Pkcs10CertificateRequest(request).subjectName.toJSON() });
      expect(await verify(signed, { wanted }), wanted).toEqual([]);
    }
  });

  it('is not asked for where the subject is none', async () => {
    for (const subject of ['rubbish', 'XY=1', 'O=#1234,CN=auth'])
      expect(await readSubject(subject), subject).toBeUndefined();
  });

  it('is not usable for another key', async () => {
    expect(await verify(await sign({ publicKey: publicKeyOf(otherKey) }))).toEqual([{ kind: 'other-key' }]);
  });

  it('is not usable for another subject', async () => {
    expect(await verify(await sign({ subject: subject.replace('auth', 'other') }))).toEqual([
      { kind: 'other-subject' },
    ]);
  });

  it('is not usable from the moment of its end on', async () => {
    const signed = await sign();
    expect(await verify(signed, { now: new Date(notAfter.getTime() - 1) })).toEqual([]);
    expect(await verify(signed, { now: notAfter })).toEqual([{ kind: 'expired', at: notAfter }]);
  });

  it('may begin an hour ahead, as far as clocks may differ, and no more', async () => {
    const signed = await sign();
    expect(await verify(signed, { now: new Date(notBefore.getTime() - hourMs) })).toEqual([]);
    expect(await verify(signed, { now: new Date(notBefore.getTime() - hourMs - 1) })).toEqual([
      { kind: 'not-yet-valid', at: notBefore },
    ]);
  });

  it.each(['', 'rubbish', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])(
    'is not usable when it cannot be parsed: %j',
    async (clientCertificatePem) => {
      expect(await verify({ ...(await sign()), clientCertificatePem })).toEqual([{ kind: 'unreadable' }]);
    },
  );

  it('may come with whatever else: only a call shows what a server wants', async () => {
    const signed = await sign();
    expect(await verify({ ...signed, certificateChainPem: '', caCertificatePem: 'rubbish' })).toEqual([]);
  });

  it('is told all that is wrong with it', async () => {
    const signed = await sign({ subject: 'CN=other', publicKey: publicKeyOf(otherKey) });
    expect((await verify(signed, { now: notAfter })).map(({ kind }) => kind)).toEqual([
      'other-key',
      'expired',
      'other-subject',
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
});
