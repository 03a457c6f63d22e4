import type { AgentErrorOptions, Effect, Reason } from '../errors/agent-error.ts';
import { CompassError, isSuccess } from './compass-error.ts';
import { describeErrno } from './describe-errno.ts';
import { describeOperation } from './describe-operation.ts';
import { isTlsFailure, isUntrustedServer } from './tls-failure.ts';
import { toSafeMessage } from './to-safe-message.ts';
import type { CompassApi, WireError, WireFailure } from './wire-failure.ts';

/** What was asked, for messages and details. */
export interface AskedRequest {
  readonly api: CompassApi;
  readonly operation: string;
  readonly host: string;
}

const REMEDY = {
  refused:
    'UCL does not accept this certificate: it was revoked, the runtime was deregistered, or the tenant is wrong; or UCL has an outage, during which it gives the same answer. If it lasts, put a new one-time token into the configuration Secret.',
  tenant:
    'This certificate does not belong to that tenant: TENANT in the configuration Secret must be the global account in which the runtime was registered.',
  rejectedCertificate:
    'The server rejected the client certificate in the TLS handshake: the certificate has expired, the server does not trust it, or the URL belongs to another landscape. Put a new one-time token into the configuration Secret.',
  unusablePair:
    'The stored certificate and key cannot be used together: put a new one-time token into the configuration Secret.',
  untrustedServer:
    "Add the CA of the server's certificate with NODE_EXTRA_CA_CERTS, and check the URL, the clock and any proxy that terminates TLS.",
  unreachable: 'Check the network, DNS, egress rules and the URL.',
  proxy: 'Check the proxy that HTTPS_PROXY names, or list the host in NO_PROXY if it is to be reached without one.',
  closed:
    'Check the network and any proxy in between. If it lasts, the server may be rejecting the client certificate; then put a new one-time token into the configuration Secret.',
  outage: "The problem is on UCL's side.",
  rateLimited: 'UCL limits the requests of all runtimes together, so the agent waits.',
  invalid: 'The answer may not come from UCL, or its API has changed: check the URL and any proxy in between.',
  tokenRefused: 'This one-time token cannot be used any more: put a new one into the configuration Secret.',
  tokenOrOutage:
    'The one-time token is invalid, was used already or has expired; or UCL has an outage, during which it gives the same answer. The agent tries a few more times; if it lasts, put a new token into the configuration Secret.',
} as const;

/**
 * Turns the facts of a failure into the one error that leaves this room (docs/contracts/compass.md#connector-errors,
 * docs/contracts/compass.md#http-statuses, docs/contracts/compass.md#outage-or-refusal).
 */
export function classifyFailure(asked: AskedRequest, failure: WireFailure): CompassError {
  switch (failure.kind) {
    case 'transport':
      return classifyTransport(asked, failure);
    case 'shape':
    case 'content':
      return fail(
        asked,
        failure,
        'InvalidAnswer',
        `gave an answer that the agent does not understand: ${failure.problem}`,
        {
          next: 'retry',
          remedy: REMEDY.invalid,
          details: { kind: failure.kind },
        },
      );
    case 'answer':
      return isSuccess(failure.status) ? classifyErrors(asked, failure) : classifyStatus(asked, failure);
  }
}

function classifyTransport(asked: AskedRequest, failure: Extract<WireFailure, { kind: 'transport' }>): CompassError {
  const errno = failure.errno ?? '';
  const details = { kind: failure.cause, sent: failure.sent, ...(errno !== '' && { errno }) };
  if (failure.cause === 'aborted') {
    return fail(asked, failure, 'CompassUnreachable', 'was abandoned', {
      next: 'retry',
      details: { ...details, aborted: true },
    });
  }
  if (failure.cause === 'too-large') {
    const remedy =
      'The agent asks for smaller pages by itself. If it lasts, and so large an answer is right, raise APP_COMPASS_MAX_RESPONSE_BYTES and the memory limit of the container, or APP_MAX_HEAP_MIB.';
    return fail(asked, failure, 'AnswerTooLarge', 'gave an answer that is larger than the agent can take', {
      next: 'wait',
      remedy,
      details,
    });
  }
  if (errno.startsWith('ERR_OSSL_')) {
    const what = 'is not possible, since the stored certificate and key cannot be used';
    return fail(asked, failure, 'CompassRefused', what, { next: 'wait', remedy: REMEDY.unusablePair, details });
  }
  if (isTlsFailure(errno)) {
    if (isUntrustedServer(errno)) {
      const what = `failed, since the server's certificate is not trusted (${errno})`;
      return fail(asked, failure, 'CompassUnreachable', what, {
        next: 'retry',
        remedy: REMEDY.untrustedServer,
        details,
      });
    }
    if (errno.includes('ALERT') && asked.api !== 'connector-token') {
      const what = `was refused in the TLS handshake (${errno})`;
      return fail(asked, failure, 'CompassRefused', what, {
        next: 'wait',
        remedy: REMEDY.rejectedCertificate,
        details,
      });
    }
  }
  const what = {
    timeout: 'got no answer in time',
    stalled: 'got an answer that did not end in time',
    truncated: 'got an answer that was cut off',
    network: 'failed',
  };
  const through = failure.proxy === undefined ? '' : ` through the proxy ${failure.proxy}`;
  const suffix = `${through}${describeErrno(errno)}`;
  if (failure.proxy !== undefined && failure.cause === 'network' && !failure.sent) {
    return fail(asked, failure, 'CompassUnreachable', `failed${suffix}`, {
      next: 'retry',
      remedy: REMEDY.proxy,
      details,
    });
  }
  // Some servers close without a word where they do not take the certificate.
  const maybeRejected = errno === 'ECONNRESET' && asked.api !== 'connector-token';
  return fail(asked, failure, 'CompassUnreachable', `${what[failure.cause]}${suffix}`, {
    next: 'retry',
    remedy: maybeRejected ? REMEDY.closed : REMEDY.unreachable,
    details,
  });
}

type AnswerFailure = Extract<WireFailure, { kind: 'answer' }>;

function classifyStatus(asked: AskedRequest, failure: AnswerFailure): CompassError {
  const { status, errors, bodyEmpty } = failure;
  const details = { kind: 'status', status, ...codeIn(errors) };
  const retryAfter = failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs };
  const says = quote(errors);
  const ofToken = asked.api === 'connector-token';
  if (status === 429) {
    const options = { next: 'wait', remedy: REMEDY.rateLimited, details, ...retryAfter } as const;
    return fail(asked, failure, 'RateLimited', 'was turned away with HTTP 429 (too many requests)', options);
  }
  if (status >= 500 || status === 408) {
    const options = {
      next: 'retry',
      remedy: REMEDY.outage,
      details: { ...details, sent: true },
      ...retryAfter,
    } as const;
    return fail(asked, failure, 'CompassUnreachable', `failed with HTTP ${status}${says}`, options);
  }
  const what = `was refused with HTTP ${status}${says}`;
  if (isWrongTenant(errors))
    return fail(asked, failure, 'CompassRefused', what, { next: 'wait', remedy: REMEDY.tenant, details });
  if (status === 401 || status === 403 || (status === 400 && bodyEmpty)) {
    return ofToken
      ? fail(asked, failure, 'TokenRefusedOrUnavailable', what, { next: 'wait', remedy: REMEDY.tokenOrOutage, details })
      : fail(asked, failure, 'CompassRefused', what, { next: 'wait', remedy: REMEDY.refused, details });
  }
  if (status === 422 && ofToken) return tokenRefused(asked, failure, `was refused with HTTP 422${says}`, details);
  return fail(asked, failure, 'InvalidAnswer', `failed with HTTP ${status}${says}`, {
    next: 'retry',
    remedy: REMEDY.invalid,
    details,
  });
}

function classifyErrors(asked: AskedRequest, failure: AnswerFailure): CompassError {
  const { errors } = failure;
  const details = { kind: 'errors', status: failure.status, ...codeIn(errors) };
  const what = `was answered with an error${quote(errors)}`;
  if (asked.api === 'connector-token') return tokenRefused(asked, failure, what, details);
  if (isWrongTenant(errors))
    return fail(asked, failure, 'CompassRefused', what, { next: 'wait', remedy: REMEDY.tenant, details });
  const refused =
    asked.api === 'connector-certificate' || errors.some(({ code, path }) => isRefusal(code, path[0] === 'viewer'));
  if (refused) return fail(asked, failure, 'CompassRefused', what, { next: 'wait', remedy: REMEDY.refused, details });
  if (errors.some(({ code }) => code === 10)) {
    return fail(asked, failure, 'CompassUnreachable', what, { next: 'retry', remedy: REMEDY.outage, details });
  }
  return fail(asked, failure, 'InvalidAnswer', what, { next: 'retry', remedy: REMEDY.invalid, details });
}

function isWrongTenant(errors: readonly WireError[]): boolean {
  return errors.some(({ code }) => code === 24 || code === 25);
}

// `viewer` answers an unauthenticated caller with code 10, everything else with code 23.
function isRefusal(code: number | undefined, ofViewer: boolean): boolean {
  return code === 23 || code === 26 || (code === 10 && ofViewer);
}

function tokenRefused(
  asked: AskedRequest,
  failure: WireFailure,
  what: string,
  details: AgentErrorOptions['details'] & object,
): CompassError {
  return fail(asked, failure, 'TokenRefused', what, { next: 'stall', remedy: REMEDY.tokenRefused, details });
}

function fail(
  asked: AskedRequest,
  failure: WireFailure,
  reason: Reason,
  what: string,
  options: AgentErrorOptions,
): CompassError {
  const details = { operation: asked.operation, host: asked.host, ...options.details };
  const told = { ...options, details, effect: toEffect(failure) };
  return new CompassError(reason, `${describeOperation(asked.operation, asked.host)} ${what}`, told, failure);
}

/**
 * Whether the request may have been carried out without an answer that tells. A 500 is that of a hydrator that is down,
 * before which nothing happens (docs/contracts/compass.md#outage-or-refusal).
 */
function toEffect(failure: WireFailure): Effect {
  switch (failure.kind) {
    case 'transport':
      return failure.sent && failure.cause !== 'aborted' ? 'possible' : 'none';
    case 'answer':
      return failure.status === 408 || failure.status > 500 ? 'possible' : 'none';
    case 'shape':
      return 'possible';
    case 'content':
      return 'certain';
  }
}

function codeOf(errors: readonly WireError[]): number | undefined {
  return errors.find((error) => error.code !== undefined)?.code;
}

function codeIn(errors: readonly WireError[]): { code?: number } {
  const code = codeOf(errors);
  return code === undefined ? {} : { code };
}

function quote(errors: readonly WireError[]): string {
  const first = errors[0];
  if (first === undefined) return '';
  const message = toSafeMessage(first.message, first.code);
  const more = errors.length > 1 ? ` and ${errors.length - 1} more` : '';
  return message === '' ? more : `: ${message}${more}`;
}
