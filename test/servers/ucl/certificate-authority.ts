import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { type Certificate, createCertificateAuthority } from '../../data/builders/create-certificate-authority.ts';
import { rsa } from '../../data/builders/key-pairs.ts';

/** The subject of every client certificate, but for the common name. */
const clientSubject = { C: 'DE', ST: 'province', L: 'locality', O: 'Org', OU: 'OrgUnit' } as const;

/** What the Connector refuses about a CSR; `message` is the wire text. */
export class CsrRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CsrRefused';
  }
}

/** Three PEM texts, each ending with a line break. */
export interface IssuedCertificate {
  clientCertificate: string;
  caCertificate: string;
  certificateChain: string;
}

/** A certificate as the authority is to write it, whatever a CSR asked for. */
export interface CertificateToIssue extends Omit<Certificate, 'use'> {
  publicKey: x509.PublicKey | CryptoKey;
}

/** The authority behind the Connector: issues client certificates from CSRs. */
export interface IssuingAuthority {
  readonly certificatePem: string;
  /** Issues without a CSR and without any check. */
  issue(wanted: CertificateToIssue): Promise<IssuedCertificate>;
  /** Throws {@link CsrRefused}. `csrBase64`: standard base64 of one PEM block. */
  sign(
    csrBase64: string,
    commonName: string,
    validity: { notBefore: Date; notAfter: Date },
  ): Promise<IssuedCertificate>;
}

/** The subject that a client has to ask for, in the order in which `configuration` names it. */
export function subjectFor(commonName: string): string {
  const { O, OU, L, ST, C } = clientSubject;
  return `O=${O},OU=${OU},L=${L},ST=${ST},C=${C},CN=${commonName}`;
}

/** A throwaway authority with an RSA key, as the Connector's; like that it gives every certificate the same number. */
export async function createIssuingAuthority(): Promise<IssuingAuthority> {
  const authority = await createCertificateAuthority({
    name: 'C=DE, O=Org, OU=OrgUnit, L=locality, ST=province, CN=Embedded UCL Issuing CA',
    algorithm: rsa,
  });
  const caCertificate = `${authority.cert}\n`;
  const issue = async ({ publicKey, ...wanted }: CertificateToIssue): Promise<IssuedCertificate> => {
    const cert = await authority.certify(publicKey, { ...wanted, use: 'client', serialNumber: '02' });
    const clientCertificate = `${cert}\n`;
    return { clientCertificate, caCertificate, certificateChain: `${clientCertificate}${caCertificate}` };
  };
  return {
    certificatePem: caCertificate,
    issue,
    sign: async (csrBase64, commonName, validity) => {
      const csr = await parseCsr(csrBase64);
      checkSubject(csr.subjectName, commonName);
      if (!isSignedByRsa(csr)) {
        const why =
          'Error while creating certificate: x509: requested SignatureAlgorithm does not match private key type';
        throw new CsrRefused(`${signing}${why}`);
      }
      return issue({
        subject: rebuiltSubject(csr.subjectName),
        publicKey: csr.publicKey,
        ...validity,
      });
    },
  };
}

const signing = 'Error while signing Certificate Signing Request: ';

async function parseCsr(csrBase64: string): Promise<x509.Pkcs10CertificateRequest> {
  const compact = csrBase64.replaceAll(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) {
    const why = 'Error while parsing base64 content. Incorrect value provided.';
    throw new CsrRefused(`Error while decoding Certificate Signing Request: ${why}`);
  }
  const pem = Buffer.from(compact, 'base64').toString('latin1');
  const block = /-----BEGIN ([^-]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/.exec(pem)?.[2];
  if (block === undefined) throw new CsrRefused(`${signing}Error while decoding pem block.`);
  const csr = readCsr(Buffer.from(block, 'base64'));
  if (!(await csr.verify().catch(() => false))) {
    const why = isSignedByRsa(csr) ? 'crypto/rsa: verification error' : 'x509: ECDSA verification failure';
    throw new CsrRefused(`${signing}CSR signature invalid: ${why}`);
  }
  return csr;
}

function readCsr(der: Buffer): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(new Uint8Array(der));
  } catch {
    throw new CsrRefused(`${signing}Error while parsing CSR: asn1: structure error: tags don't match`);
  }
}

function isSignedByRsa(csr: x509.Pkcs10CertificateRequest): boolean {
  return csr.publicKey.algorithm.name.startsWith('RSA');
}

function checkSubject(subject: x509.Name, commonName: string): void {
  const expectations: [field: string, values: string[], expected: string][] = [
    ['common name', subject.getField('CN').slice(-1), commonName],
    ['country', subject.getField('C'), clientSubject.C],
    ['organization', subject.getField('O'), clientSubject.O],
    ['organizational unit', subject.getField('OU'), clientSubject.OU],
    ['locality', subject.getField('L'), clientSubject.L],
    ['province', subject.getField('ST'), clientSubject.ST],
  ];
  for (const [field, [value], expected] of expectations) {
    if (value === undefined) throw new CsrRefused(`${signing}CSR: No ${field} provided.`);
    if (value !== expected) throw new CsrRefused(`${signing}CSR: Invalid ${field} provided.`);
  }
}

/** The known attributes in the Connector's order; several values of one become one multi-valued RDN. */
function rebuiltSubject(subject: x509.Name): x509.JsonName {
  return ['C', 'ST', 'L', 'O', 'OU', 'CN'].map((type) => {
    const values = type === 'CN' ? subject.getField(type).slice(-1) : subject.getField(type);
    // DER orders a set by its encodings: the shorter first, then by bytes.
    return { [type]: values.toSorted((left, right) => left.length - right.length || (left < right ? -1 : 1)) };
  });
}
