import type { LinkEvent } from '../connection/connection-facts.ts';
import { annotations } from '../domain/annotations.ts';
import { conditionTypes } from '../domain/condition-types.ts';
import type { Condition } from '../domain/connection-status.ts';
import { toCount } from '../domain/to-count.ts';
import type { AnyReason } from '../errors/reasons.ts';
import type { EndedHold } from '../sync/deletion-policy.ts';
import type { SyncResult } from '../sync/sync-facts.ts';

/** One Kubernetes Event on the CompassConnection. */
export interface ConnectionEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const linkEvents = {
  paired: ['Paired', 'Paired with UCL by the one-time token.'],
  renewed: ['CertificateRenewed', 'The client certificate is renewed.'],
  rebuilt: [
    'ConnectionRebuilt',
    'The CompassConnection was gone; the agent created it again, with the stored certificate.',
  ],
  'identity-changed': [
    'IdentityChanged',
    'UCL accepts the certificate for the runtime and tenant that the configuration Secret names now.',
  ],
  'taken-over': ['TakenOver', 'The agent has taken over the certificate of the installation that it found.'],
  replaced: [
    'CertificateReplaced',
    'Somebody stored another client certificate; a call with it succeeded, and it is now in use.',
  ],
  restored: [
    'CertificateRestored',
    'The Secret of the client certificate was deleted or overwritten; the agent restored the certificate and key that work.',
  ],
  moved: ['AddressesChanged', 'The Connector named other addresses of UCL, and the certificate is accepted there.'],
} as const satisfies Record<LinkEvent, readonly [AnyReason, string]>;

export function toLinkEvent(event: LinkEvent): ConnectionEvent {
  const [reason, message] = linkEvents[event];
  return { type: event === 'restored' ? 'Warning' : 'Normal', reason, message };
}

/** The end of a hold: by whose word, or after what, so many Applications go at once. */
export function toHoldEvent({ id, count, by }: EndedHold): ConnectionEvent {
  const reason: AnyReason = by === 'approval' ? 'RemovalApproved' : 'RemovalConfirmed';
  const why =
    by === 'approval'
      ? `approved by the annotation ${annotations.pruneApproved}; the approval cannot be used again`
      : 'confirmed by later reads of UCL';
  return { type: 'Normal', reason, message: `The held removal ${id} of ${toCount(count)} is ${why}.` };
}

/** Applications that came and went; updates and collected Secrets are for the log. Pure. */
export function toChangeEvents({ create, rename, delete: removed }: SyncResult['applied']): ConnectionEvent[] {
  const counts = [
    [create, 'created'],
    [rename, 'renamed'],
    [removed, 'removed'],
  ] as const;
  const texts = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${what} ${count}`]));
  if (texts.length === 0) return [];
  const reason: AnyReason = 'ApplicationsChanged';
  return [{ type: 'Normal', reason, message: `Applications: ${texts.join(', ')}.` }];
}

/**
 * What Events tell of the difference between two statuses: a condition whose status or reason is another. What is good
 * from the start is no news, and what only repeats other conditions is told by them: one cause makes one Event. Pure.
 */
export function decideTransitionEvents(
  before: readonly Condition[] | undefined,
  after: readonly Condition[],
): ConnectionEvent[] {
  const events = after.flatMap(({ type, status, reason, message }) => {
    const { good, reason: goodReason, summary } = conditionTypes[type];
    const known = before?.find((condition) => condition.type === type);
    if (summary || (known?.status === status && known.reason === reason)) return [];
    // Unknown is a state somebody asked for, or one that nothing is known of yet.
    const isGood = status === 'Unknown' || (status === good && (goodReason ?? reason) === reason);
    if (known === undefined && isGood) return [];
    // Why there is none is told by Connected.
    if (reason === ('CertificateMissing' satisfies AnyReason)) return [];
    return [{ type: isGood ? 'Normal' : 'Warning', reason, message } as const];
  });
  return events.filter((event, index) => events.findIndex(({ reason }) => reason === event.reason) === index);
}
