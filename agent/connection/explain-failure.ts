import { AgentError, type AgentErrorOptions, type Reason } from '../errors/agent-error.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { CertificateProblem, ConnectionFailure, IdentityKey } from './connection-failure.ts';
import { explainTokenFailure } from './explain-token-failure.ts';
import { retell } from './retell.ts';

const rejectedRemedy =
  'Check the clocks of this cluster, then put a new one-time token into the configuration Secret. If it happens again, report it to the operators of UCL.';

interface Explanation extends Pick<AgentErrorOptions, 'next'> {
  readonly reason: Reason;
  readonly message: string;
  readonly remedy: string;
}

/** Failures of which there is no more to say than that they are there. */
const plain = {
  'subject-unreadable': {
    reason: 'InvalidAnswer',
    message: 'UCL asks for a certificate with a subject that cannot be read',
    next: 'stall',
    remedy: 'Report it to the operators of UCL, then put a new one-time token into the configuration Secret.',
  },
  'ca-rejected': {
    reason: 'CaCertificateRejected',
    message:
      'What UCL sent as the certificate of its authority has not signed the client certificate; the CA Secret stays as it is',
    next: 'wait',
    remedy: 'The connection works without it. Report it to the operators of UCL; the next renewal asks for it again.',
  },
  'ca-missing': {
    reason: 'CaCertificateMissing',
    message:
      'The CA Secret (APP_CA_CERTIFICATES_SECRET) is missing, and the stored chain holds no certificate to put there',
    next: 'wait',
    remedy:
      'Renew the client certificate (annotation compass.kyma-project.io/renew-requested-at), with which UCL sends it again.',
  },
  overwritten: {
    reason: 'Conflict',
    message:
      'Somebody overwrites the Secret of the client certificate (APP_CLUSTER_CERTIFICATES_SECRET) again and again with something that cannot be used',
    next: 'retry',
    remedy:
      'The agent continues with the certificate and key in its memory, which a restart would lose. Find out who else writes the Secret; the agent restores it once an hour.',
  },
  contended: {
    reason: 'Conflict',
    message: 'Somebody else is writing the record of pairing at the same time',
    next: 'retry',
    remedy:
      'The agent reads it again and continues from there. If it lasts, find out who else writes the Secret (APP_PAIRING_SECRET): only one agent may run in a cluster.',
  },
} as const satisfies Readonly<Record<string, Explanation>>;

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
    case 'certificate-unusable': {
      const problems = failure.problems.map(describeProblem).join('; ');
      return new AgentError('CertificateRejected', `The certificate that UCL signed is not usable: ${problems}`, {
        next: 'stall',
        remedy: rejectedRemedy,
      });
    }
    case 'unproven':
      return explainUnproven(failure);
    case 'address-not-trusted':
      return explainDistrust(failure.host);
    case 'renewed-too-often':
      return explainTooOften(failure.possibleAt);
    case 'no-token':
    case 'token-spent':
    case 'token-pending':
    case 'nobody-there':
    case 'answer-lost':
      return explainTokenFailure(failure, rejectedRemedy);
    default: {
      const { reason, message, ...options } = plain[failure.kind];
      return new AgentError(reason, message, options);
    }
  }
}

function explainDistrust(host: string): AgentError {
  return new AgentError(
    'AddressNotTrusted',
    `The CompassConnection names ${host}, which does not belong to the landscape of CONNECTOR_URL, so the client certificate is not sent there`,
    {
      next: 'stall',
      remedy:
        'If this address is right, add its host to APP_COMPASS_TRUSTED_HOSTS. If it is not, correct spec.managementInfo of the CompassConnection, or put a new one-time token into the configuration Secret.',
    },
  );
}

function explainTooOften(possibleAt: Date): AgentError {
  // Rounded up: a moment before, the answer would be the same.
  const after = toWholeSeconds(new Date(Math.ceil(possibleAt.getTime() / 1_000) * 1_000));
  return new AgentError(
    'RequestedTooOften',
    'A new client certificate was asked for, but UCL was asked for three within the last hour; the present one stays',
    {
      next: 'wait',
      remedy: `Ask again after ${after}; the annotation then needs a value that it did not have before.`,
    },
  );
}

const checks: Readonly<Record<IdentityKey, string>> = {
  TENANT: 'TENANT must be the global account in which the runtime was registered',
  RUNTIME_ID: 'RUNTIME_ID must be the runtime that the token was issued for',
  CONNECTOR_URL: 'CONNECTOR_URL must lead to the landscape in which the runtime is registered',
};

/** What changed last is the likeliest cause, so it comes first. */
function explainUnproven({ error, changed, isNew }: Extract<ConnectionFailure, { kind: 'unproven' }>): AgentError {
  const goesOn = isNew ? ' After the correction, the agent continues with the certificate that it already has.' : '';
  if (error.reason === 'RuntimeMismatch') {
    const remedy = `Nothing was applied. Correct RUNTIME_ID in the configuration Secret, or put a one-time token of that runtime into it.${goesOn}`;
    return retell(error, { message: error.message, remedy });
  }
  if (error.reason !== 'CompassRefused' || (changed.length === 0 && !isNew)) return error;
  const keys: readonly IdentityKey[] = changed.length > 0 ? changed : ['TENANT', 'RUNTIME_ID'];
  const names = keys.join(' and ');
  const what =
    changed.length > 0
      ? `${names} in the configuration Secret ${changed.length > 1 ? 'were' : 'was'} changed, and UCL does not accept the certificate with it`
      : `With the ${names} in the configuration Secret, UCL does not accept the new certificate`;
  const check = `Check ${keys[0]} first: ${keys.map((key) => checks[key]).join('; ')}.${goesOn}`;
  const otherwise = isNew
    ? 'During an outage UCL gives the same answer.'
    : 'During an outage UCL gives the same answer. If the certificate was revoked, put a new one-time token into the configuration Secret.';
  return retell(error, { message: `${what}: ${error.message}`, remedy: `${check} ${otherwise}` });
}

function describeProblem(problem: CertificateProblem): string {
  switch (problem.kind) {
    case 'unreadable':
      return 'it cannot be parsed';
    case 'other-key':
      return 'it belongs to another key';
    case 'other-subject':
      return 'its subject is not the one that was asked for';
    case 'expired':
      return `it expired at ${problem.at.toISOString()}`;
    case 'not-yet-valid':
      return `it is not valid before ${problem.at.toISOString()}`;
  }
}
