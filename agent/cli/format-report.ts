import { toShownJson } from '../domain/to-shown-text.ts';
import type { Paint } from './cli-edge.ts';
import type { ConnectionReport } from './connection-report.ts';
import { renderReport } from './render-report.ts';
import { toShownYaml } from './to-shown-yaml.ts';

export const formats = ['text', 'wide', 'json', 'yaml'] as const;
export type ReportFormat = (typeof formats)[number];

/** The report as a person or a program asked for it, with a line break at its end. */
export function formatReport(report: ConnectionReport, format: ReportFormat, now: Date, paint: Paint): string {
  switch (format) {
    case 'json':
      return `${toShownJson(report, 2)}\n`;
    case 'yaml':
      return toShownYaml(report);
    case 'text':
      return renderReport(report, now, paint);
    case 'wide':
      return renderReport(report, now, paint, 'wide');
  }
}
