import { toCount } from '../domain/to-count.ts';
import type { Paint, Tone } from './cli-edge.ts';
import type { ConnectionReport } from './connection-report.ts';
import { relativeTime } from './relative-time.ts';
import { printable, renderSection, renderTable } from './render-table.ts';

/** The page for a person with two minutes: what is wrong and what to do first, then the facts. */
export function renderReport(
  report: ConnectionReport,
  now: Date,
  paint: Paint,
  width: 'page' | 'wide' = 'page',
): string {
  const section = (title: string, lines: readonly string[]) => renderSection(title, lines, paint);
  return [
    ...head(report, now, paint),
    ...held(report, now, paint),
    ...section(
      'Errors',
      report.errors.map((error) => paint('bad', printable(error))),
    ),
    ...section('Conditions', conditions(report, now, paint)),
    ...section('Certificate', certificate(report, now, paint)),
    ...section('Synchronization', synchronization(report, now)),
    ...failures(report, paint),
    ...(width === 'wide' ? section('More', more(report)) : []),
    '',
  ].join('\n');
}

function head(report: ConnectionReport, now: Date, paint: Paint): string[] {
  // Since when Ready is True says nothing of a concern that came later.
  const isPlain = report.ready.status !== 'True' || report.ready.reason === 'Synchronized';
  const since = report.ready.since === undefined || !isPlain ? '' : `, since ${relativeTime(report.ready.since, now)}`;
  return [
    ...rows(
      [
        ['Connection', report.name],
        ['State', report.state],
        ['Ready', `${report.ready.status} (${report.ready.reason}${since})`, toTone('Ready', report.ready.status)],
        ['', report.ready.message],
        ['Runtime', report.runtimeId ?? 'not in this status'],
        ['Director', report.directorUrl ?? 'none yet: the cluster is not paired'],
      ],
      paint,
    ),
    ...(report.suspended
      ? [
          '',
          paint('warning', 'SUSPENDED: the agent reads and writes nothing until you resume it:'),
          `  ${report.resumeCommand ?? ''}`,
        ]
      : []),
    ...(report.detailed
      ? []
      : [
          '',
          'The status has no conditions: the CRD in this cluster is the older one, or an older agent wrote the status.',
        ]),
  ].map((line) => line.trimEnd());
}

function held({ pruneHeld }: ConnectionReport, now: Date, paint: Paint): string[] {
  if (pruneHeld === undefined) return [];
  const since = pruneHeld.since === undefined ? '' : `, since ${relativeTime(pruneHeld.since, now)}`;
  const until =
    pruneHeld.until === undefined
      ? 'a person has to approve it'
      : `if UCL still does not assign them, they are removed ${relativeTime(pruneHeld.until, now)}`;
  return [
    '',
    paint('warning', `HELD: the removal of ${toCount(pruneHeld.count)} waits${since}; ${until}.`),
    'To remove them at once:',
    `  ${pruneHeld.approveCommand}`,
    'To keep them, assign the systems to the formation again, or run the agent with APP_PRUNE_POLICY=upsert-only.',
  ];
}

function conditions(report: ConnectionReport, now: Date, paint: Paint): string[] {
  return renderTable(
    report.conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
      type,
      { text: status, tone: toTone(type, status) },
      reason,
      relativeTime(lastTransitionTime, now),
      message,
    ]),
    paint,
  );
}

function certificate(
  { certificate: { notBefore, notAfter, renewAt } }: ConnectionReport,
  now: Date,
  paint: Paint,
): string[] {
  const at = (instant: string) => `${instant} (${relativeTime(instant, now)})`;
  if (notAfter === undefined) return ['none yet'];
  const expired = Date.parse(notAfter) <= now.getTime();
  return rows(
    [
      ...(notBefore === undefined ? [] : [['valid from', at(notBefore)] as const]),
      [expired ? 'EXPIRED' : 'valid until', at(notAfter), expired ? 'bad' : undefined],
      ...(renewAt === undefined ? [] : [['renewal', at(renewAt)] as const]),
    ],
    paint,
  );
}

function synchronization(report: ConnectionReport, now: Date): string[] {
  const at = (instant: string) => `${instant} (${relativeTime(instant, now)})`;
  const trigger = report.lastSyncTrigger === undefined ? '' : `, ${toTriggerWords(report.lastSyncTrigger)}`;
  const counted = report.applications;
  return rows([
    ['last', report.lastSync === undefined ? 'never' : at(report.lastSync) + trigger],
    ...(report.lastSuccessfulSync === undefined ? [] : [['last success', at(report.lastSuccessfulSync)] as const]),
    // A sync that changes nothing is not written at once.
    ...(report.nextSync === undefined || Date.parse(report.nextSync) < now.getTime()
      ? []
      : [['next', at(report.nextSync)] as const]),
    ...(counted === undefined
      ? []
      : [['applications', `${counted.ready} of ${counted.desired} ready, ${counted.failed} failed`] as const]),
  ]);
}

const triggerWords: Readonly<Record<string, string>> = {
  start: 'when the agent started',
  connected: 'after the connection was made',
  schedule: 'by schedule',
  retry: 'as a new attempt',
  clock: 'because the clock was set',
  manual: 'because somebody asked for it',
  renewal: 'with a renewal that somebody asked for',
  change: 'after a change in the cluster',
  'follow-up': 'to see what followed a change',
  probe: 'because UCL had changed',
};

function toTriggerWords(trigger: string): string {
  return triggerWords[trigger] ?? `by ${trigger}`;
}

function failures({ failures: named, failuresTotal }: ConnectionReport, paint: Paint): string[] {
  if (failuresTotal === 0) return [];
  const more = failuresTotal > named.length ? [`  ... and ${failuresTotal - named.length} more`] : [];
  return [
    '',
    paint('heading', `Failures (${failuresTotal})`),
    ...named.flatMap(({ name, applicationId, reason, message }) => [
      `  ${printable(name)} [${printable(applicationId)}]: ${printable(reason)}`,
      `    ${printable(message)}`,
    ]),
    ...more,
  ];
}

/** What the page leaves out for those in a hurry. */
function more(report: ConnectionReport): string[] {
  const { connectorUrl, handledSyncRequest, handledRenewRequest, conditions: all, holds } = report;
  const fact = (name: string, text: string | undefined) => (text === undefined ? [] : [[name, text] as const]);
  return rows([
    ...fact('Connector', connectorUrl),
    ...fact('last sync request', handledSyncRequest),
    ...fact('last renew request', handledRenewRequest),
    ...all.flatMap(({ type, lastTransitionTime }) => fact(`${type} since`, lastTransitionTime)),
    ...holds.map(({ id, count, names }) => [`held ${id}`, names.join(', ') || `${count}`] as const),
  ]);
}

function rows(
  entries: readonly (readonly [string, string, tone?: Tone | undefined])[],
  paint: Paint = plain,
): string[] {
  return renderTable(
    entries.map(([name, text, tone]) => [name, { text, tone }]),
    paint,
  );
}

const plain: Paint = (_, text) => text;

/** Bad news are True in these. */
const alarms = new Set(['Stalled', 'PruneHeld']);

function toTone(type: string, status: string): Tone | undefined {
  if (alarms.has(type)) return status === 'True' ? 'warning' : undefined;
  return status === 'True' ? 'good' : status === 'False' ? 'bad' : 'warning';
}
