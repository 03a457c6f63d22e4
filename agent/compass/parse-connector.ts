import * as z from 'zod/mini';
import type { ConnectorConfiguration, SignedCertificate } from '../connection/ucl-access.ts';
import { type Parsed, parseWith } from './parse-with.ts';

const filled = z.string().check(z.minLength(1));
/** An address is stored and shown as it came, so it has nothing in it that is not seen. */
const httpsUrl = z
  .string()
  .check(
    z.refine(
      (value) => /^[\x21-\x7e]{1,2048}$/.test(value) && URL.canParse(value) && new URL(value).protocol === 'https:',
    ),
  );

const configurationSchema = z.object({
  configuration: z.object({
    token: z.object({ token: filled }),
    certificateSigningRequestInfo: z.object({ subject: filled }),
    managementPlaneInfo: z.object({ directorURL: httpsUrl, certificateSecuredConnectorURL: httpsUrl }),
  }),
});

const certificateSchema = z.object({
  signCertificateSigningRequest: z.object({
    clientCertificate: filled,
    // What stands in these two is no reason to refuse a certificate that a token was spent on.
    certificateChain: z.nullish(z.string()),
    caCertificate: z.nullish(z.string()),
  }),
});

/** Reads the data of `configuration`; every field that the schema calls nullable is needed, so it must be there. */
export function parseConfiguration(data: unknown): Parsed<ConnectorConfiguration> {
  const parsed = parseWith(configurationSchema, data);
  if (!parsed.ok) return parsed;
  const { token, certificateSigningRequestInfo, managementPlaneInfo } = parsed.value.configuration;
  return {
    ok: true,
    value: {
      token: token.token,
      subject: certificateSigningRequestInfo.subject,
      directorUrl: managementPlaneInfo.directorURL,
      securedConnectorUrl: managementPlaneInfo.certificateSecuredConnectorURL,
    },
  };
}

/**
 * Reads the data of `signCertificateSigningRequest`: three base64 texts of PEM
 * (docs/contracts/compass.md#certificates). What comes beside the client certificate is empty where it is none.
 */
export function parseSignedCertificate(data: unknown): Parsed<SignedCertificate> {
  const parsed = parseWith(certificateSchema, data);
  if (!parsed.ok) return parsed;
  const wire = parsed.value.signCertificateSigningRequest;
  const clientCertificatePem = decodePem(wire.clientCertificate);
  if (clientCertificatePem === undefined) return { ok: false, problem: 'the certificate in it is not base64 of PEM' };
  const certificateChainPem = decodePem(wire.certificateChain) ?? '';
  const caCertificatePem = decodePem(wire.caCertificate) ?? '';
  return { ok: true, value: { clientCertificatePem, certificateChainPem, caCertificatePem } };
}

/** More than a hundred certificates; an answer of Connector has two or three. */
const maxBase64Length = 262_144;
/** A text that holds certificates, and may hold more, such as what OpenSSL prints before each. */
function decodePem(base64: string | null | undefined): string | undefined {
  if (base64 === null || base64 === undefined || base64.length > maxBase64Length) return undefined;
  const compact = base64.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  const pem = Buffer.from(compact, 'base64').toString('utf8');
  return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : undefined;
}
