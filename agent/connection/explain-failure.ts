import { AgentError } from '../errors/agent-error.ts';
import type { CertificateProblem, ConnectionFailure } from './connection-failure.ts';

/** What a person does about a spent token. */
const newTokenRemedy =
  'A new token is needed: have one put into the configuration Secret (key TOKEN), for example by disabling and enabling the Application Connector module, and the agent pairs by itself within seconds.';
const pendingRemedy =
  'An outage of Compass answers in the same way and heals by itself. If the token is used or expired, put a new one into the configuration Secret (key TOKEN); the agent notices it at once.';
const rejectedRemedy =
  'Check the clocks of this cluster, then put a new one-time token into the configuration Secret. If it happens again, report it to the operators of Compass.';

const spent = {
  'refused-before':
    'The one-time token in the configuration Secret was refused: it is used, expired or replaced by a newer one',
  'used-here': 'The one-time token in the configuration Secret was used by this agent already',
  'refused-every-time':
    'Compass refused the one-time token every time it was tried: it is used, expired or replaced by a newer one',
} as const;

/** The one place of this room that makes of a failure what leaves it: what people read, and how to go on. */
export function explainFailure(failure: ConnectionFailure): AgentError {
  switch (failure.kind) {
    case 'told':
      return failure.error;
    case 'configuration': {
      const reason = failure.read.kind === 'missing' ? 'ConfigurationMissing' : 'ConfigurationInvalid';
      const remedy = 'Create or correct the configuration Secret; the agent notices it at once.';
      return new AgentError(reason, failure.read.message, { next: 'stall', remedy });
    }
    case 'no-token':
      return new AgentError('TokenMissing', 'The configuration Secret holds no one-time token', {
        next: 'stall',
        remedy: newTokenRemedy,
      });
    case 'token-spent':
      return new AgentError('TokenRefused', spent[failure.how], { next: 'stall', remedy: newTokenRemedy });
    case 'token-pending':
      return new AgentError(
        'TokenRefusedOrUnavailable',
        `Compass refused the one-time token or was not available; the next try is at ${failure.nextTry.toISOString()}`,
        { next: 'wait', retryAfterMs: failure.leftMs, remedy: pendingRemedy },
      );
    case 'certificate-unusable': {
      const problems = failure.problems.map(describeProblem).join('; ');
      return new AgentError('CertificateRejected', `The certificate that Compass signed is not usable: ${problems}`, {
        next: 'stall',
        remedy: rejectedRemedy,
      });
    }
    case 'contended':
      return new AgentError('Conflict', 'The memory of pairing is being written by somebody else', {
        next: 'retry',
        remedy:
          'The agent reads it again and goes on from there. If it lasts, find who else writes the Secret (APP_PAIRING_SECRET): one agent alone may run in a cluster.',
      });
  }
}

function describeProblem(problem: CertificateProblem): string {
  switch (problem.kind) {
    case 'unreadable':
      return 'it cannot be parsed';
    case 'other-key':
      return 'it belongs to another key';
    case 'other-subject':
      return 'its subject is not the one that was asked for';
    case 'no-authority':
      return 'the certificate of the authority is missing';
    case 'foreign-chain':
      return 'the chain does not begin with it';
    case 'broken-chain':
      return 'the chain lacks the certificate of its issuer';
    case 'expired':
      return `it expired at ${problem.at.toISOString()}`;
    case 'not-yet-valid':
      return `it is not valid before ${problem.at.toISOString()}`;
  }
}
