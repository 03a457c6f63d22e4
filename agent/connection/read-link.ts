import type { ConnectionSpec } from '../domain/connection.ts';
import { AgentError } from '../errors/agent-error.ts';
import type { UclLink } from './connection-facts.ts';
import type { ConnectionParts, ConnectionPorts } from './connection-parts.ts';
import { type ConnectionDecision, decideConnection } from './decide-connection.ts';
import { explainFailure } from './explain-failure.ts';
import { toStoredCredential } from './read-credential.ts';

export interface LinkParts extends Pick<ConnectionParts, 'time' | 'registerSecret'> {
  readonly configuration: ConnectionPorts['configuration'];
  readonly credentials: Pick<ConnectionPorts['credentials'], 'readClientPair' | 'readPairing'>;
  readonly trustedHosts: readonly string[];
}

/**
 * The link by which the next run would begin, for whoever only looks: it is decided as by `keepConnection`, and then
 * nothing is proven, written or asked of UCL.
 * @throws AgentError `CertificateMissing` where the next run would pair first, whatever keeps the agent from a link, and
 * what a read throws.
 */
export async function readLink(
  managementInfo: ConnectionSpec['managementInfo'] | undefined,
  { configuration: source, credentials, trustedHosts, time, registerSecret }: LinkParts,
  signal: AbortSignal,
): Promise<UclLink> {
  const configuration = await source.read(signal);
  if (configuration.kind === 'present') registerSecret(configuration.configuration.token);
  const found = await credentials.readClientPair(signal);
  if (found !== undefined) registerSecret(found.privateKeyPem);
  const { state } = await credentials.readPairing(signal);
  const decision = decideConnection({
    ...{ configuration, managementInfo, trustedHosts, pairing: state, now: time.now() },
    // What the running agent knows besides tells when to pair anew, and nothing of the link.
    ...{ former: undefined, isTurnedAway: false, distrustedTokenHash: undefined },
    stored: found && toStoredCredential(found),
  });
  return toLink(decision);
}

function toLink(decision: ConnectionDecision): UclLink {
  if (decision.do === 'fail') throw explainFailure(decision.failure);
  const serving = decision.do === 'pair' ? decision.otherwise : decision;
  if (serving !== undefined) return serving.link;
  throw new AgentError('CertificateMissing', 'There is no client certificate for UCL that could be used', {
    next: 'wait',
    remedy: 'The agent has to pair first; ucl-agent status tells what keeps it from that.',
  });
}
