import { randomUUID } from 'node:crypto';

/** The Director's error kinds with their codes (docs/contracts/compass.md#error-codes). */
const errorCodes = {
  InternalError: 10,
  NotFound: 20,
  NotUnique: 21,
  InvalidData: 22,
  InsufficientScopes: 23,
  TenantRequired: 24,
  TenantNotFound: 25,
  Unauthorized: 26,
  InvalidOperation: 27,
  NotUniqueName: 31,
} as const;

export type DirectorErrorKind = keyof typeof errorCodes;

/** The shape in which the Director reports one error on the wire. */
export interface DirectorErrorAnswer {
  message: string;
  path?: readonly (string | number)[];
  extensions: { error: DirectorErrorKind; error_code: number };
}

/**
 * An error that the Director answers on purpose.
 *
 * `message` is the wire text for every kind but `InternalError`, whose text is built by
 * {@link toDirectorErrorAnswer}: with a reason when `message` is not empty, without one otherwise.
 */
export class DirectorError extends Error {
  readonly kind: DirectorErrorKind;

  constructor(kind: DirectorErrorKind, message: string) {
    super(message);
    this.name = 'DirectorError';
    this.kind = kind;
  }
}

/** `Invalid data [reason=…]`, code 22. */
export function invalidData(reason: string): DirectorError {
  return new DirectorError('InvalidData', `Invalid data [reason=${reason}]`);
}

/** `The operation is not allowed [reason=…]`, code 27. */
export function invalidOperation(reason: string): DirectorError {
  return new DirectorError('InvalidOperation', `The operation is not allowed [reason=${reason}]`);
}

/** `Object not found [object=…]`, code 20. */
export function notFound(object: string): DirectorError {
  return new DirectorError('NotFound', `Object not found [object=${object}]`);
}

/** `insufficient scopes provided […]`, code 23: also what a caller without a known identity gets. */
export function insufficientScopes(actual: readonly string[], required: string): DirectorError {
  return new DirectorError(
    'InsufficientScopes',
    `insufficient scopes provided [actual=${actual.join(';')}; required=${required}]`,
  );
}

/**
 * Code 10. The reason is shown to the client behind the path of the field; an empty one is not shown.
 */
export function internalError(reason = ''): DirectorError {
  return new DirectorError('InternalError', reason);
}

/**
 * Writes an error as the Director does. `path` is that of the GraphQL field; without it (requests that
 * never reached a field) the reason stands alone.
 */
export function toDirectorErrorAnswer(error: unknown, path?: readonly (string | number)[]): DirectorErrorAnswer {
  const known = error instanceof DirectorError ? error : internalError(String(error));
  const message = known.kind === 'InternalError' ? internalMessage(known.message, path) : known.message;
  return {
    message,
    ...(path === undefined ? {} : { path }),
    extensions: { error: known.kind, error_code: errorCodes[known.kind] },
  };
}

function internalMessage(reason: string, path: readonly (string | number)[] | undefined): string {
  if (reason === '') return `Internal Server Error [errorID=${randomUUID()}]`;
  const where = path === undefined ? '' : `input: ${dotted(path)} `;
  return `Internal Server Error [errorID=${randomUUID()}, reason: ${where}${reason}]`;
}

function dotted(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
