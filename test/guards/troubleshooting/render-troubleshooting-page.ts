import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SituationText, situationTexts } from '../../data/situations/situation-texts.ts';

const golden = join(import.meta.dirname, '../../data/situations/golden');

const opening = `# Troubleshooting

This page is for whoever is on call: what you see in each situation, what is the cause, and what you do.

Look at this line first:

\`\`\`sh
kubectl get compassconnections -o wide
\`\`\`

Then find the situation with the same \`STATE\`, \`READY\` and \`REASON\`. Below that line stands the message of the condition \`Ready\`, in
which \`<...>\` stands for what differs from case to case. [reasons.md](reasons.md) explains every reason.

Each line and message here is what a real API server shows when a test brings the situation about. The [playground](../README.md#quick-start)
brings them about for you, so that you can practise without breaking a real connection.

| \`STATE\` | \`READY\` | \`REASON\` | Situation |
|---|---|---|---|
`;

/** docs/troubleshooting.md: the texts of the situations, with what their golden files show. */
export async function renderTroubleshootingPage(): Promise<string> {
  const situations = await Promise.all(Object.entries(situationTexts).map(readSituation));
  return [`${opening}${situations.map(renderRow).join('\n')}\n`, ...situations.map(renderSection)].join('\n');
}

interface Situation extends Omit<SituationText, 'name'> {
  /** STATE, READY and REASON; none where kubectl has nothing to show. */
  readonly cells: readonly string[];
  /** The message of Ready, or what kubectl says instead. */
  readonly message: string | undefined;
}

async function readSituation([name, text]: [string, Omit<SituationText, 'name'>]): Promise<Situation> {
  const shown = await readFile(join(golden, `${name}.txt`), 'utf8');
  const [, first = ''] = shown.split('\n$ ', 1)[0]?.split('compassconnections\n') ?? [];
  const [header = '', row] = first.trimEnd().split('\n');
  // NAME comes first, and what stands behind REASON tells no situation from another.
  const cells = row?.split('  ').slice(1, 4) ?? [];
  return { ...text, cells, message: row === undefined ? header : findReadyMessage(shown) };
}

function renderRow({ title, cells, message }: Situation): string {
  const link = `[${title}](#${title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')})`;
  const shown = cells.length > 0 ? cells.map((cell) => `\`${cell}\``) : [`\`${message}\``, '', ''];
  return `| ${[...shown, link].join(' | ')} |`;
}

function renderSection({ title, cause, remedy, cells, message }: Situation): string {
  const [state, ready, reason] = cells;
  const line = state === undefined ? [] : [`\`STATE\` ${state}, \`READY\` ${ready}, \`REASON\` ${reason}`, ''];
  return [
    `## ${title}`,
    '',
    ...line,
    ...(message === undefined ? [] : [`> ${message.replaceAll('<', '&lt;')}`, '']),
    `**The cause.** ${cause}`,
    '',
    `**What you do.** ${remedy}`,
    '',
  ].join('\n');
}

function findReadyMessage(shown: string): string | undefined {
  const ready = /^Ready {2,}.*\n {2,}(.+)$/m.exec(shown);
  return ready?.[1];
}
