import type { CompassConnection } from '../domain/connection.ts';
import type { Paint } from './cli-edge.ts';
import { type ConnectionReport, toConnectionReport } from './connection-report.ts';
import { formatReport, type ReportFormat } from './format-report.ts';

export interface ConnectionView {
  readonly format: ReportFormat;
  /** The beginning of a command for a person. */
  readonly kubectl: string;
  readonly paint: Paint;
}

/** The connection as it is shown, and the facts in it. */
export function viewConnection(
  connection: CompassConnection,
  now: Date,
  { format, kubectl, paint }: ConnectionView,
): { readonly text: string; readonly report: ConnectionReport } {
  const report = toConnectionReport(connection, now, kubectl);
  return { text: formatReport(report, format, now, paint), report };
}
