import { toShownText } from '../domain/to-shown-text.ts';
import type { ConnectionReport } from './connection-report.ts';

/** The page for a person with two minutes: what is wrong and what to do first, then the facts. */
export function renderReport(report: ConnectionReport, now: Date): string {
  return [
    ...head(report, now),
    ...held(report, now),
    ...section(
      'Errors',
      report.errors.map((error) => printable(error)),
    ),
    ...section('Conditions', conditions(report, now)),
    ...section('Certificate', certificate(report, now)),
    ...section('Synchronization', synchronization(report, now)),
    ...failures(report),
    '',
  ].join('\n');
}

/** `in 3 min`, `3 min ago`, `now`; an instant that cannot be read is `unknown`. */
export function relativeTime(instant: string, now: Date): string {
  const differenceMs = Date.parse(instant) - now.getTime();
  if (Number.isNaN(differenceMs)) return 'unknown';
  const seconds = Math.round(Math.abs(differenceMs) / 1000);
  if (seconds === 0) return 'now';
  const text = elapsed(seconds);
  return differenceMs > 0 ? `in ${text}` : `${text} ago`;
}

function elapsed(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

function head(report: ConnectionReport, now: Date): string[] {
  const since = report.ready.since === undefined ? '' : `, since ${relativeTime(report.ready.since, now)}`;
  return [
    ...rows([
      ['Connection', report.name],
      ['State', report.state],
      ['Ready', `${report.ready.status} (${report.ready.reason}${since})`],
      ['', report.ready.message],
      ['Runtime', report.runtimeId ?? 'not in this status'],
      ['Director', report.directorUrl ?? 'none yet: the cluster is not paired'],
    ]),
    ...(report.suspended
      ? ['', 'SUSPENDED: the agent reads and writes nothing until you resume it:', `  ${report.resumeCommand ?? ''}`]
      : []),
    ...(report.detailed
      ? []
      : [
          '',
          'The status has no conditions: the CRD in this cluster is the older one, or an older agent wrote the status.',
        ]),
  ].map((line) => line.trimEnd());
}

function held({ pruneHeld }: ConnectionReport, now: Date): string[] {
  if (pruneHeld === undefined) return [];
  const since = pruneHeld.since === undefined ? '' : `, since ${relativeTime(pruneHeld.since, now)}`;
  const until =
    pruneHeld.until === undefined
      ? 'a person has to approve it'
      : `if UCL still lacks them, they go ${relativeTime(pruneHeld.until, now)}`;
  return [
    '',
    `HELD: the removal of ${pruneHeld.count} ${pruneHeld.count === 1 ? 'Application' : 'Applications'} waits${since}; ${until}.`,
    'To remove them at once:',
    `  ${pruneHeld.approveCommand}`,
    'To keep them, assign the systems to the formation again, or run the agent with APP_PRUNE_POLICY=upsert-only.',
  ];
}

function conditions(report: ConnectionReport, now: Date): string[] {
  return table(
    report.conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
      type,
      status,
      reason,
      relativeTime(lastTransitionTime, now),
      message,
    ]),
  );
}

function certificate({ certificate: { notBefore, notAfter, renewAt } }: ConnectionReport, now: Date): string[] {
  const at = (instant: string) => `${instant} (${relativeTime(instant, now)})`;
  if (notAfter === undefined) return ['none yet'];
  const expired = Date.parse(notAfter) <= now.getTime();
  return rows([
    ...(notBefore === undefined ? [] : [['valid from', at(notBefore)] as const]),
    [expired ? 'EXPIRED' : 'valid until', at(notAfter)],
    ...(renewAt === undefined ? [] : [['renewal', at(renewAt)] as const]),
  ]);
}

function synchronization(report: ConnectionReport, now: Date): string[] {
  const at = (instant: string) => `${instant} (${relativeTime(instant, now)})`;
  const trigger = report.lastSyncTrigger === undefined ? '' : `, by ${report.lastSyncTrigger}`;
  const counted = report.applications;
  return rows([
    ['last', report.lastSync === undefined ? 'never' : at(report.lastSync) + trigger],
    ...(report.lastSuccessfulSync === undefined ? [] : [['last success', at(report.lastSuccessfulSync)] as const]),
    ...(report.nextSync === undefined ? [] : [['next', at(report.nextSync)] as const]),
    ...(counted === undefined
      ? []
      : [['applications', `${counted.ready} of ${counted.desired} ready, ${counted.failed} failed`] as const]),
  ]);
}

function failures({ failures: named, failuresTotal }: ConnectionReport): string[] {
  if (failuresTotal === 0) return [];
  const more = failuresTotal > named.length ? [`  ... and ${failuresTotal - named.length} more`] : [];
  return [
    '',
    `Failures (${failuresTotal})`,
    ...named.flatMap(({ name, applicationId, reason, message }) => [
      `  ${printable(name)} [${printable(applicationId)}]: ${printable(reason)}`,
      `    ${printable(message)}`,
    ]),
    ...more,
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function rows(entries: readonly (readonly [string, string])[]): string[] {
  return table(entries.map((entry) => [...entry]));
}

/** Columns as wide as their widest cell; the last one is not padded. */
function table(cells: readonly (readonly string[])[]): string[] {
  const clean = cells.map((row) => row.map(printable));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  return clean.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2))).join(''),
  );
}

/** Names and messages come from elsewhere: they must not steer a terminal. */
function printable(text: string): string {
  return toShownText(text, 2_000);
}
