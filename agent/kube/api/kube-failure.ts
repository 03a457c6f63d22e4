import type { ResourceType } from './resource-type.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete';

/** What was tried, in the words of RBAC: failures are told with these and not with foreign text. */
export interface Attempt {
  readonly verb: Verb;
  readonly type: ResourceType;
  readonly subresource?: 'status' | 'log' | 'exec';
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** The API server does something else than what was asked for. */
export type AnswerFailure = {
  readonly attempt: Attempt;
  /** Of the answer; absent where something else told the same. */
  readonly status?: number;
  readonly retryAfterMs?: number;
} & (
  | {
      readonly kind: /** The credentials are not accepted. */
        | 'unauthenticated'
        /** RBAC refuses. */
        | 'forbidden'
        /** Nobody serves the kind. */
        | 'crd-missing'
        | 'already-exists'
        /** Somebody else wrote, or made the object anew. */
        | 'conflict'
        /** The resource version or the page that was asked for is no longer known. */
        | 'expired'
        | 'busy';
    }
  | { readonly kind: 'not-found'; readonly missingNamespace?: string }
  /** A rule of the API server, of admission, of a quota or of etcd refuses; `why` is told in its own words, or empty. */
  | { readonly kind: 'rejected'; readonly status: number; readonly why: string }
  /** It is not itself at present; `why` as above. */
  | { readonly kind: 'server-failed'; readonly status: number; readonly why: string }
);

/** Everything that can go wrong in this room, as values: whoever decides looks at `kind`, and never into a text. */
export type KubeFailure =
  | AnswerFailure
  /** No answer, or none to its end; `code` is that of a system error, `proxy` the host and port of one in between. */
  | {
      readonly kind: 'unreachable';
      readonly attempt: Attempt;
      readonly server: string;
      readonly proxy?: string;
      readonly code: string;
    }
  /** A watch whose connection may have lost its other end. */
  | { readonly kind: 'silent'; readonly attempt: Attempt; readonly server: string; readonly proxy?: string }
  /** An answer that no API server gives. */
  | { readonly kind: 'unreadable'; readonly attempt: Attempt }
  /** An object that does not have the form that its CRD demands. */
  | { readonly kind: 'malformed'; readonly object: string; readonly where: readonly string[] }
  /** What the kubeconfig names as credentials is not to be had at present; `problem` is a clause for people. */
  | { readonly kind: 'no-credentials'; readonly problem: string }
  /** There is no usable address of an API server; `problem` is a clause for people, `remedy` a sentence. */
  | { readonly kind: 'unconfigured'; readonly problem: string; readonly remedy?: string };
