import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { assembleChain, issuersIn, toSendableChain } from '../../../agent/connection/assemble-chain.ts';
import { ecdsa, generateKeys } from '../../data/builders/key-pairs.ts';

const dayMs = 86_400_000;

interface Issuer {
  readonly name: string;
  readonly keys: CryptoKeyPair;
}

/** A certificate of `subject`, signed by `issuer`; one that may sign others unless it is a client's. */
async function issue(subject: Issuer, issuer: Issuer, isAuthority = true): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    subject: subject.name,
    issuer: issuer.name,
    publicKey: subject.keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: ecdsa,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    extensions: [new x509.BasicConstraintsExtension(isAuthority, undefined, true)],
  });
  return `${certificate.toString('pem')}\n`;
}

describe('the certificates beside that of the client', () => {
  let client: string;
  let lower: string;
  let upper: string;
  let root: string;
  let stranger: string;
  let impostor: string;

  beforeAll(async () => {
    x509.cryptoProvider.set(crypto);
    const names = ['CN=client', 'CN=lower', 'CN=upper', 'CN=root', 'CN=stranger', 'CN=lower'];
    const [ours, low, up, top, foreign, double] = await Promise.all(
      names.map(async (name): Promise<Issuer> => ({ name, keys: await generateKeys(ecdsa) })),
    );
    if (!ours || !low || !up || !top || !foreign || !double) throw new Error('A key is missing.');
    [client, lower, upper, root, stranger, impostor] = await Promise.all([
      issue(ours, low, false),
      issue(low, up),
      issue(up, top),
      issue(top, top),
      issue(foreign, foreign),
      issue(double, double),
    ]);
  });

  const assemble = (chain: readonly string[], authorities: readonly string[]) =>
    assembleChain({
      clientCertificatePem: client,
      certificateChainPem: chain.join(''),
      caCertificatePem: authorities.join(''),
    });

  it('stay as they came where they are right', () => {
    const chain = [client, lower, upper].map((pem) => `subject=whoever\n${pem}`);
    expect(assemble(chain, [upper])).toEqual({ chainPem: chain.join(''), caCertificatePem: upper });
  });

  it('are put into order, and completed by what came as the authority', () => {
    const whole = [client, lower, upper, root].join('');
    expect(assemble([upper, client, lower], [root]).chainPem).toBe(whole);
    expect(assemble([lower], [root, upper]).chainPem).toBe(whole);
    expect(assemble([], [lower, upper, root]).chainPem).toBe(whole);
  });

  it('are usable with one that has nothing to do with them, which is left out', () => {
    expect(assemble([client, lower, stranger], [lower])).toEqual({
      chainPem: [client, lower].join(''),
      caCertificatePem: lower,
    });
    expect(assemble([client, impostor, lower], [lower]).chainPem).toBe([client, lower].join(''));
  });

  it('stay as they came, behind the client, where no issuer is among them', () => {
    expect(assemble([client, root, stranger], [stranger]).chainPem).toBe([client, root, stranger].join(''));
    expect(assemble([root], []).chainPem).toBe([client, root].join(''));
    expect(assemble(['rubbish'], []).chainPem).toBe(client);
  });

  it('count as authority, whole, when one of them ends a path from the client through both', () => {
    const authorities = [stranger, root].join('');
    expect(assemble([client, lower, upper], [stranger, root]).caCertificatePem).toBe(authorities);
    expect(assemble([client, upper], [root, lower]).caCertificatePem).toBe([root, lower].join(''));
  });

  it('do not count as authority otherwise', () => {
    expect(assemble([client, lower, upper], [stranger]).caCertificatePem).toBeUndefined();
    expect(assemble([client, lower], [root]).caCertificatePem).toBeUndefined();
    expect(assemble([client, lower], [impostor]).caCertificatePem).toBeUndefined();
    expect(assemble([client, lower], []).caCertificatePem).toBeUndefined();
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(assemble([client, lower], [lower, broken]).caCertificatePem).toBeUndefined();
  });

  it('are many, and cost no more than a few', () => {
    const many = Array.from({ length: 5_000 }, () => stranger);
    expect(assemble([client, lower, ...many], [lower]).caCertificatePem).toBe(lower);
  });

  it('are found in a stored chain, as far as they have signed', () => {
    const credential = { certificatePem: client, privateKeyPem: 'key', chainPem: [client, upper, lower].join('') };
    expect(issuersIn(credential)).toBe([lower, upper].join(''));
    expect(issuersIn({ ...credential, chainPem: [client, stranger].join('') })).toBeUndefined();
    expect(issuersIn({ ...credential, chainPem: '' })).toBeUndefined();
  });

  it('can be sent when the client comes first, which a spoilt chain is mended to', () => {
    const chain = [client, lower].join('');
    expect(toSendableChain(client, chain)).toBe(chain);
    expect(toSendableChain(client, [lower, client].join(''))).toBe(chain);
    expect(toSendableChain(client, 'rubbish')).toBe(client);
    expect(toSendableChain('rubbish', 'rubbish')).toBe('rubbish');
  });
});
