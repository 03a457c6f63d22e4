/** Which of Compass's doors was knocked at; the same answer means different things at each. */
export type CompassApi = 'connector-token' | 'connector-certificate' | 'director';

/** A GraphQL error, reduced to the fields that decide something. */
export interface WireError {
  readonly message: string;
  readonly path: readonly (string | number)[];
  /** Director's `error_code` (docs/contracts/compass.md#error-codes). */
  readonly code: number | undefined;
}

/** What went wrong with one request, as plain facts; holds no header, no body and no foreign error. */
export type WireFailure =
  | {
      readonly kind: 'transport';
      /** `timeout`: no first byte came in time; `stalled`: the body did not come to its end in time. */
      readonly cause: 'timeout' | 'stalled' | 'truncated' | 'too-large' | 'aborted' | 'network';
      /** Node's or OpenSSL's error code. */
      readonly errno: string | undefined;
      /** False when the request certainly never reached Compass. */
      readonly sent: boolean;
      /** Host and port of the proxy in between. */
      readonly proxy?: string;
    }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly bodyEmpty: boolean;
      readonly errors: readonly WireError[];
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'shape'; readonly problem: string }
  /** A GraphQL answer without errors, whose data are of no use. */
  | { readonly kind: 'content'; readonly problem: string };

/** Thrown by the transport inside this room only; the adapters' callers see an AgentError made of it. */
export class TransportError extends Error {
  readonly failure: Extract<WireFailure, { kind: 'transport' }>;

  /**
   * It may have been the connection: it was kept, and turned out to be closed, or it lay idle and nothing came. The request
   * may be sent once more on a new one.
   */
  readonly onKeptConnection: boolean;

  constructor(failure: Extract<WireFailure, { kind: 'transport' }>, onKeptConnection = false) {
    super(`transport: ${failure.cause}`);
    this.name = 'TransportError';
    this.failure = failure;
    this.onKeptConnection = onKeptConnection;
  }
}
