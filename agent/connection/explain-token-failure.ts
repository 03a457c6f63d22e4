import { AgentError } from '../errors/agent-error.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import { retell } from './retell.ts';

type TokenFailure = Extract<
  ConnectionFailure,
  { kind: 'no-token' | 'token-spent' | 'token-pending' | 'nobody-there' | 'answer-lost' }
>;

/** What a person does about a spent token. */
const newTokenRemedy =
  'Put a new token into the configuration Secret (key TOKEN), for example by disabling and enabling the Application Connector module; the agent then pairs within seconds.';
const pendingRemedy =
  'During an outage UCL gives the same answer, and that passes by itself. If the token was used or has expired, put a new one into the configuration Secret (key TOKEN); the agent notices it at once.';
const lostRemedy =
  'Put a new token into the configuration Secret (key TOKEN); the agent notices it at once. Until then it tries the old one a few more times, in case that was not used up.';
const unusedRemedy =
  'A token can be used for an hour after it was issued; the agent uses this one as soon as UCL answers.';

const spent = {
  'refused-before':
    'The one-time token in the configuration Secret was refused: it was used already, has expired, or was replaced by a newer one',
  'used-here': 'This agent has already used the one-time token in the configuration Secret',
  'refused-every-time':
    'UCL refused the one-time token every time: it was used already, has expired, or was replaced by a newer one',
} as const;

/** @param rejectedRemedy What a person does where the token gave a useless certificate. */
export function explainTokenFailure(failure: TokenFailure, rejectedRemedy: string): AgentError {
  switch (failure.kind) {
    case 'no-token':
      return new AgentError('TokenMissing', 'The configuration Secret holds no one-time token', {
        next: 'stall',
        remedy: newTokenRemedy,
      });
    case 'token-spent': {
      // What was told at first stays, since it says why.
      const refusal = failure.how === 'refused-before' ? failure.refusal : undefined;
      const { reason, message } = refusal ?? { reason: 'TokenRefused', message: spent[failure.how] };
      const remedy = reason === 'CertificateRejected' ? rejectedRemedy : newTokenRemedy;
      return new AgentError(reason, message, { next: 'stall', remedy });
    }
    case 'token-pending': {
      const { isAnswerLost, leftMs, nextTry } = failure;
      const what = isAnswerLost
        ? 'The one-time token was probably used up: the answer to it was lost, and since then UCL refuses it or is not available'
        : 'UCL refused the one-time token or was not available';
      const remedy = isAnswerLost ? lostRemedy : pendingRemedy;
      const options = { next: 'wait', retryAfterMs: leftMs, nextTryAt: nextTry, remedy } as const;
      return new AgentError('TokenRefusedOrUnavailable', what, options);
    }
    case 'nobody-there': {
      const message = `${failure.error.message}; the one-time token was not used`;
      const remedy = [failure.error.remedy, unusedRemedy].filter((sentence) => sentence !== undefined).join(' ');
      return retell(failure.error, { message, remedy });
    }
    case 'answer-lost': {
      const message = `${failure.error.message}; the one-time token was probably used up by that`;
      return retell(failure.error, { message, remedy: lostRemedy });
    }
  }
}
