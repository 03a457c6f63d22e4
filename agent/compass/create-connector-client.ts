import { configuration, signCertificateSigningRequest } from '../../graphql/connector.generated.ts';
import type { Connector } from '../connection/ports.ts';
import { isAnswered } from './compass-error.ts';
import type { GraphqlAnswer, GraphqlTransport } from './graphql-transport.ts';
import { parseConfiguration, parseSignedCertificate } from './parse-connector.ts';
import type { Parsed } from './parse-with.ts';

/** The Connector behind `transport`, whichever credential that carries. */
export function createConnectorClient(transport: GraphqlTransport): Connector {
  return {
    async fetchConfiguration(signal) {
      const answer = await transport.send(configuration, {}, signal);
      return readWhole(transport, configuration.operation, answer, parseConfiguration);
    },
    async signCertificateSigningRequest(csr, signal) {
      const answer = await transport.send(signCertificateSigningRequest, { csr }, signal);
      return readWhole(transport, signCertificateSigningRequest.operation, answer, parseSignedCertificate);
    },
    close: () => transport.close(),
  };
}

/**
 * Asks for the configuration without a credential, and takes any answer for a sign of life but 429 and 5xx: Connector and
 * gateway are there (docs/contracts/compass.md#look-before-use). Closes `transport`. Throws what a failed request does.
 */
export async function lookAtConnector(transport: GraphqlTransport, signal: AbortSignal): Promise<void> {
  try {
    await transport.send(configuration, {}, signal);
  } catch (error: unknown) {
    if (!isAnswered(error)) throw error;
  } finally {
    transport.close();
  }
}

function readWhole<T>(
  transport: GraphqlTransport,
  operation: string,
  { data, errors }: GraphqlAnswer,
  parse: (data: unknown) => Parsed<T>,
): T {
  if (errors.length > 0) {
    throw transport.failureOf(operation, {
      kind: 'answer',
      status: 200,
      bodyEmpty: false,
      errors,
      retryAfterMs: undefined,
    });
  }
  const parsed = parse(data);
  if (!parsed.ok) throw transport.failureOf(operation, { kind: 'content', problem: parsed.problem });
  return parsed.value;
}
