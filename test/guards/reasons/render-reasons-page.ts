import type { ReasonFacts, ReasonGroup } from '../../../agent/errors/reason-facts.ts';
import { reasons } from '../../../agent/errors/reasons.ts';

/** docs/reasons.md follows the table of reasons; `npm run unit -- test/guards/reasons -u` writes it anew. */

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
    intro: `\`status.failures\` lists them, each with the system's id and name in UCL. A system can also fail with a reason of the first table,
when the API server refuses one of its objects. The agent tries each of them again in every sync, and none affects another system.`,
    columns: [meaning, agent, you],
  },
  events: {
    title: 'Events',
    intro: `Besides changed conditions, Events report the following. They are of type \`Normal\`, except \`CertificateRestored\` and \`RemovalHeld\`, and
\`EventsLeftOut\` if a warning is among those left out. When a system begins to fail, an Event on its Application has the reason of the
failure ([how to read them](operating.md#events-of-one-application)).`,
    columns: [meaning],
  },
  renewals: {
    title: 'Renewals',
    intro: 'The field `reason` of the log line `Renewing the client certificate` says why:',
    columns: [meaning],
  },
  defects: { title: 'Defects', intro: '', columns: [meaning, agent, you] },
};

const head = `# Reasons

This page is for those who have met a reason and want to know what it means: each one, with its cause and what to do.

A reason is one word that says why something is as it is. You find it in the conditions of the CompassConnection
(\`kubectl describe compassconnection compass-connection\`), in the column \`REASON\`, in \`status.failures\`, in Events and
in the log. The message beside it gives the details and says what to do. A reason keeps its meaning in later versions.

What the agent does after a failure:

- **retry**: it tries again after 15 s (\`APP_MINIMAL_COMPASS_SYNC_TIME\`), then doubles the pause each time, up to 5 minutes.
- **wait**: the same, but it begins with twice that time and goes up to 15 minutes, since only the other side can repair it.
- **stall**: the same, but it begins with four times that time. Nothing helps until somebody changes something, or puts a new token
  into the configuration Secret; the agent notices both at once. Meanwhile the condition \`Stalled\` is True.

In all three cases, the objects in the cluster stay as they are.`;

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
