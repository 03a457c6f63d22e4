import type { Plural } from '../cluster/object.ts';
import type { Outage, OutageOf, Rubbish } from '../ucl/no-ucl-faults.ts';
import type { Distortion } from '../ucl/to-page.ts';

/** `pick`: which of those that there are, from 0 up to but not including 1. `forMs`: how long it lasts. */
export type Deed =
  // Systems
  | { readonly do: 'arrive'; readonly count: number }
  | { readonly do: 'depart'; readonly count: number; readonly pick: number }
  | { readonly do: 'return'; readonly count: number; readonly pick: number }
  | { readonly do: 'change'; readonly what: 'description' | 'password' | 'name' | 'bundles'; readonly pick: number }
  // UCL
  /** `of`: one of its two APIs alone. `retryAfterS`: what it asks those to wait whom it sends away. */
  | {
      readonly do: 'ucl-outage';
      readonly outage: Outage;
      readonly of?: OutageOf;
      readonly retryAfterS?: number;
      readonly forMs: number;
    }
  | { readonly do: 'ucl-distortion'; readonly distortion: Distortion; readonly forMs: number }
  | { readonly do: 'ucl-delay'; readonly delayMs: number; readonly forMs: number }
  | { readonly do: 'ucl-loses-answers'; readonly share: number; readonly forMs: number }
  | { readonly do: 'revoke' }
  | { readonly do: 'director-moves' }
  | { readonly do: 'ucl-signs-rubbish'; readonly rubbish: Rubbish; readonly forMs: number }
  // The cluster
  | { readonly do: 'cluster-outage'; readonly outage: 'unreachable' | 'failing' | 'busy'; readonly forMs: number }
  | { readonly do: 'cluster-delay'; readonly delayMs: number; readonly forMs: number }
  | { readonly do: 'cluster-loses-answers'; readonly share: number; readonly forMs: number }
  | { readonly do: 'conflicts'; readonly share: number; readonly forMs: number }
  | { readonly do: 'forbid'; readonly plural: Plural; readonly verbs: readonly string[]; readonly forMs: number }
  | { readonly do: 'watches-lag'; readonly delayMs: number; readonly forMs: number }
  | { readonly do: 'watches-go-silent'; readonly forMs: number }
  | { readonly do: 'watches-break' }
  | { readonly do: 'compact' }
  | { readonly do: 'webhook'; readonly forMs: number }
  /** A webhook that changes a field of the agent's. */
  | { readonly do: 'rewriting-webhook'; readonly forMs: number }
  | {
      readonly do: 'forbid-more';
      readonly plurals: readonly Plural[];
      readonly verbs: readonly string[];
      readonly forMs: number;
    }
  /** One object is refused whatever is written to it. `lasts`: until everything else has come right. */
  | {
      readonly do: 'refuse-object';
      readonly plural: 'applications' | 'secrets';
      readonly pick: number;
      readonly status: 422 | 403;
      readonly lasts: boolean;
      readonly forMs: number;
    }
  | { readonly do: 'watches-repeat'; readonly count: number; readonly forMs: number }
  | { readonly do: 'collection-lags'; readonly delayMs: number; readonly forMs: number }
  // People
  | { readonly do: 'ask'; readonly what: 'sync' | 'renew'; readonly by: 'annotation' | 'spec' }
  | { readonly do: 'nag'; readonly everyMs: number; readonly forMs: number }
  | { readonly do: 'suspend'; readonly forMs: number }
  | { readonly do: 'approve' }
  | { readonly do: 'opt-out'; readonly pick: number; readonly forMs: number }
  | { readonly do: 'edit-application'; readonly pick: number }
  | { readonly do: 'delete-application'; readonly pick: number }
  | { readonly do: 'hold-application'; readonly pick: number; readonly forMs: number }
  | { readonly do: 'edit-secret'; readonly pick: number }
  | { readonly do: 'unlabel-secret'; readonly pick: number }
  | { readonly do: 'delete-secret'; readonly pick: number }
  | { readonly do: 'delete-client-secret' }
  | { readonly do: 'spoil-client-secret' }
  | { readonly do: 'delete-authority-secret' }
  | { readonly do: 'delete-pairing-secret' }
  | { readonly do: 'delete-connection' }
  | { readonly do: 'new-token' }
  | { readonly do: 'foreign-application' }
  /** Somebody's Secret takes the place of one of the agent's; `isOwned`: by something that lives. */
  | { readonly do: 'foreign-secret'; readonly pick: number; readonly isOwned: boolean; readonly forMs: number }
  | {
      readonly do: 'mistype';
      readonly what: 'RUNTIME_ID' | 'TENANT' | 'TOKEN' | 'CONNECTOR_URL';
      readonly forMs: number;
    }
  | { readonly do: 'delete-configuration'; readonly forMs: number }
  | { readonly do: 'edit-fields'; readonly what: EditedFields; readonly pick: number }
  /** By the hash of an earlier hold, or by one that was never told. */
  | { readonly do: 'approve-other'; readonly which: 'former' | 'unknown' }
  /** All objects as they were at an earlier step, each with a new uid. */
  | { readonly do: 'restore'; readonly pick: number }
  // The process and its clock
  | (Process & { readonly do: 'die'; readonly atCall: number; readonly when: 'before' | 'after' })
  | (Process & { readonly do: 'stop' })
  /** The process stands still and then goes on, knowing nothing of it: once it has sent so much, or at once. */
  | { readonly do: 'freeze'; readonly pick: number; readonly afterSends: number; readonly forMs: number }
  | { readonly do: 'set-clock'; readonly byMs: number };

/** What somebody spoils in an Application. Without `compassMetadata` it is nobody's. */
export type EditedFields = 'services' | 'labels' | 'authentication' | 'compassMetadata';

/** Which of the agents' processes, and how long it is gone. */
interface Process {
  readonly pick: number;
  readonly restMs: number;
}

/** One thing that happens, at an instant of the history. */
export type Step = { readonly at: number } & Deed;
