import type { Condition } from '../domain/connection.ts';
import type { LinkEvent } from './compass-link.ts';
import type { EventRecorder } from './ports.ts';
import type { SyncResult } from './synchronizer.ts';

type RecordedEvent = Parameters<EventRecorder['record']>[0];

const linkEvents = {
  paired: ['Paired', 'Paired with UCL by the one-time token.'],
  renewed: ['CertificateRenewed', 'The client certificate is renewed.'],
  rebuilt: ['ConnectionRebuilt', 'The CompassConnection was gone; it is rebuilt from the stored certificate.'],
  'identity-changed': [
    'IdentityChanged',
    'The certificate serves the identity that the configuration Secret names now.',
  ],
  'taken-over': ['TakenOver', 'The certificate of an existing installation is taken over.'],
} as const satisfies Record<LinkEvent, readonly [string, string]>;

/**
 * Gathers what Kubernetes Events tell of a run: transitions and real changes only. They are recorded with the status,
 * since before that there may be no CompassConnection to tell them of.
 */
export class ConnectionEvents {
  readonly #states = new Map<string, string>();
  readonly #pending: RecordedEvent[] = [];

  /** Gives the event's text, which is a line of the log too. */
  noteLink(event: LinkEvent): string {
    const [reason, message] = linkEvents[event];
    this.#pending.push({ type: 'Normal', reason, message });
    return message;
  }

  /** Updates and collected Secrets are for the log. */
  noteChanges({ create, rename, delete: removed }: SyncResult['applied']): void {
    const counts = [
      [create, 'created'],
      [rename, 'renamed'],
      [removed, 'removed'],
    ] as const;
    const texts = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${what} ${count}`]));
    if (texts.length === 0) return;
    this.#pending.push({
      type: 'Normal',
      reason: 'ApplicationsChanged',
      message: `Applications: ${texts.join(', ')}.`,
    });
  }

  /** A condition whose status or reason is another than at the last write. Ready and Stalled repeat the others. */
  noteConditions(conditions: readonly Condition[]): void {
    for (const { type, status, reason, message } of conditions) {
      const state = `${status}/${reason}`;
      const before = this.#states.get(type);
      this.#states.set(type, state);
      if (before === state || type === 'Ready' || type === 'Stalled') continue;
      // Unknown is a state somebody asked for, or one that nothing is known of yet.
      const isGood = status === 'Unknown' || (status === 'True') !== (type === 'PruneHeld');
      if (before === undefined && isGood) continue;
      this.#pending.push({ type: isGood ? 'Normal' : 'Warning', reason, message });
    }
    const present = new Set<string>(conditions.map(({ type }) => type));
    for (const type of this.#states.keys()) if (!present.has(type)) this.#states.delete(type);
  }

  tell(recorder: EventRecorder): void {
    for (const event of this.#pending.splice(0)) recorder.record(event);
  }
}
