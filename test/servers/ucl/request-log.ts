/** `connector-look`: the host of the one-time tokens, asked without one. */
export type Endpoint = 'connector-token' | 'connector-look' | 'connector-mtls' | 'director';

/** One request as the embedded UCL saw it. */
export interface LoggedRequest {
  readonly at: Date;
  readonly endpoint: Endpoint;
  /** The first root field that is not `viewer`, or `viewer`; absent where the request had no readable document. */
  readonly operation?: string;
  /** All root fields. */
  readonly operations: readonly string[];
  /** The HTTP status that was sent; 0 where the connection was cut instead. */
  readonly status: number;
  readonly tenant?: string;
  readonly requestId?: string;
  /** SHA-256 of the DER form, lower-case hexadecimal. */
  readonly clientCertificateFingerprint?: string;
  /** Size of the answer's body. */
  readonly bytes: number;
}

/** Which requests to look at; `operation` matches any root field. */
export interface RequestFilter {
  endpoint?: Endpoint;
  operation?: string;
  status?: number;
}

/** Every request since the start or the last `clear()`, in the order of their answers. */
export class RequestLog {
  #requests: LoggedRequest[] = [];

  add(request: LoggedRequest): void {
    this.#requests.push(request);
  }

  all(filter: RequestFilter = {}): LoggedRequest[] {
    return this.#requests.filter(
      ({ endpoint, operations, status }) =>
        (filter.endpoint === undefined || filter.endpoint === endpoint) &&
        (filter.operation === undefined || operations.includes(filter.operation)) &&
        (filter.status === undefined || filter.status === status),
    );
  }

  count(filter: RequestFilter = {}): number {
    return this.all(filter).length;
  }

  clear(): void {
    this.#requests = [];
  }
}
