import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SituationText, situationTexts } from '../../data/situations/situation-texts.ts';

const golden = join(import.meta.dirname, '../../data/situations/golden');

const opening = `# Troubleshooting

What people see in the situations that come up, and what they do. Each line and each sentence here is what
\`kubectl get compassconnections\` and the condition \`Ready\` show in that situation; a test brings each one about on a real API
server. Look at the line first:

\`\`\`sh
kubectl get compassconnections -o wide
\`\`\`

The column \`REASON\` leads on: [reasons.md](reasons.md) explains every reason. To see the situations without breaking a real
connection, use the [playground](../README.md#quick-start).
`;

/** docs/troubleshooting.md: the texts of the situations, with what their golden files show. */
export async function renderTroubleshootingPage(): Promise<string> {
  const sections = await Promise.all(Object.entries(situationTexts).map(([name, text]) => renderSection(name, text)));
  return [opening, ...sections].join('\n');
}

async function renderSection(name: string, { title, cause, remedy }: Omit<SituationText, 'name'>): Promise<string> {
  const shown = await readFile(join(golden, `${name}.txt`), 'utf8');
  const message = findReadyMessage(shown);
  return [
    `## ${title}`,
    '',
    '```text',
    ...findLine(shown),
    '```',
    '',
    ...(message === undefined ? [] : [`> ${message.replaceAll('<', '&lt;')}`, '']),
    `**What it is.** ${cause}`,
    '',
    `**What you do.** ${remedy}`,
    '',
  ].join('\n');
}

/** Header and row of `kubectl get`, or what kubectl says instead. */
function findLine(shown: string): string[] {
  const [, first = ''] = shown.split('\n$ ', 1)[0]?.split('compassconnections\n') ?? [];
  const [header = '', row] = first.trimEnd().split('\n');
  if (row === undefined) return [header];
  // NAME and AGE say nothing here.
  const cut = (line: string) => line.split('  ').slice(1, 4).join('  ');
  return [cut(header), cut(row)];
}

function findReadyMessage(shown: string): string | undefined {
  const ready = /^Ready {2,}.*\n {2,}(.+)$/m.exec(shown);
  return ready?.[1];
}
