import { type ReasonFacts, type ReasonGroup, reasons } from '../../../agent/errors/reasons.ts';

/** docs/reasons.md follows the table of reasons; `npx vitest run -u test/guards/reasons` writes it anew. */

interface Section {
  readonly title: string;
  readonly intro: string;
  /** Columns beside the reason, in order. */
  readonly columns: readonly (readonly [title: string, field: Exclude<keyof ReasonFacts, 'group'>])[];
}

const meaning = ['What it means', 'meaning'] as const;
const agent = ['What the agent does', 'agent'] as const;
const you = ['What you do', 'you'] as const;

const sections: Record<ReasonGroup, Section> = {
  cluster: { title: 'Configuration and cluster', intro: '', columns: [meaning, agent, you] },
  ucl: { title: 'UCL', intro: '', columns: [meaning, agent, you] },
  credentials: { title: 'Token and certificate', intro: '', columns: [meaning, agent, you] },
  conditions: { title: 'Conditions', intro: '', columns: [['Condition', 'where'], meaning, you] },
  systems: {
    title: 'Single systems',
    intro: `They stand in \`status.failures\`, each with UCL's id and name of the system. Besides these, a system can fail with a reason
of the first table, when the API server refuses one of its objects. All are tried again with each sync, and none of them
holds up another system.`,
    columns: [meaning, agent, you],
  },
  events: {
    title: 'Events',
    intro: 'Besides conditions that changed, Events tell these, all of type `Normal`.',
    columns: [meaning],
  },
  renewals: {
    title: 'Renewals',
    intro: 'Why the certificate is renewed, in the field `reason` of the log line `Renewing the client certificate`.',
    columns: [meaning],
  },
  defects: { title: 'Defects', intro: '', columns: [meaning, agent, you] },
};

const head = `# Reasons

A reason is one word that says why something is as it is. It stands in the conditions of the CompassConnection
(\`kubectl describe compassconnection compass-connection\`), in the column \`Reason\`, in \`status.failures\`, in Events and
in the log; the message beside it names the facts and what to do. Reasons do not change their meaning between versions.

What the agent does by itself after a failure:

- **retry**: it tries again after the floor (\`APP_MINIMAL_COMPASS_SYNC_TIME\`, 15 s), then twice as long each time, up to
  5 minutes.
- **wait**: the same, beginning with twice the floor and up to 15 minutes, since only the other side can mend it.
- **stall**: the same, beginning with four times the floor. Nothing helps until a person, or a new token in the
  configuration Secret, changes something; both are noticed at once. The condition \`Stalled\` is True meanwhile.

In all of them what is in the cluster stays as it is.`;

export function renderReasonsPage(): string {
  const groups = Object.entries(sections) as [ReasonGroup, Section][];
  return `${[head, ...groups.map(([group, section]) => renderSection(group, section))].join('\n\n')}\n`;
}

function renderSection(group: ReasonGroup, { title, intro, columns }: Section): string {
  const members = Object.entries<ReasonFacts>(reasons).filter(([, facts]) => facts.group === group);
  const rows = [
    ['Reason', ...columns.map(([column]) => column)],
    ['---', ...columns.map(() => '---')],
    ...members.map(([reason, facts]) => [`\`${reason}\``, ...columns.map(([, field]) => facts[field] ?? '')]),
  ];
  const table = rows.map((cells, index) => (index === 1 ? `|${cells.join('|')}|` : `| ${cells.join(' | ')} |`));
  return [`## ${title}`, ...(intro === '' ? [] : [intro]), table.join('\n')].join('\n\n');
}
