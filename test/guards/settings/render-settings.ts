import type { Setting } from '../../../agent/config/setting.ts';
import { ignoredVariables, settings } from '../../../agent/config/settings.ts';

/** The two documents that follow the table of settings; `npm run unit -- test/guards/settings -u` writes them anew. */

const all: readonly Setting<unknown>[] = Object.values(settings);

export function renderConfigurationPage(): string {
  return `# Configuration

The agent is configured by environment variables with the prefix \`APP_\`. Names and values of the Go component that it
replaces carry over. Whatever is wrong is told at once, by name and with what is accepted, and the agent ends with exit
code 2. A value that the Go component accepts and that cannot be used counts as the nearest one that can, with a warning in
the log. The settings in force stand in the first lines of the log. An empty variable counts as absent.

- Durations are those of Go: \`180s\`, \`1h30m\`, \`1.5h\`, \`300ms\`.
- Variables of another prefix keep their usual meaning: \`KUBECONFIG\` names the cluster (\`--kubeconfig\` on the command
  line counts more), \`NODE_EXTRA_CA_CERTS\` adds certification authorities, \`NODE_OPTIONS\` holds options of Node.
- A variable with the prefix that the agent does not know is told in the log, with the one that was probably meant.

| Variable | Default | Accepted |
|---|---|---|
${all.map((setting) => `| [\`${setting.name}\`](#${setting.name.toLowerCase()}) | ${setting.default === undefined ? 'none' : `\`${setting.default}\``} | ${setting.form} |`).join('\n')}

${all.map(renderSection).join('\n\n')}

## No longer used

${ignoredVariables.map((name) => `\`${name}\``).join(', ')} are accepted and ignored; one line of the log says so.
`;
}

function renderSection(setting: Setting<unknown>): string {
  return `## ${setting.name}\n\n${setting.meaning}\n\n- Default: ${setting.default === undefined ? 'none' : `\`${setting.default}\``}\n- Accepted: ${setting.form}\n- Example: \`${setting.example}\`\n- The Go component ${setting.inGoAgent ? 'has it too' : 'does not have it'}`;
}

export function renderEnvironmentExample(): string {
  const head = `# Settings of the agent with their defaults; see docs/configuration.md.
# Copy this file to .env, uncomment what you change, and start with:
#   npm start
`;
  const entries = all.map((setting) =>
    [
      ...wrap(setting.meaning, 110).map((line) => `# ${line}`),
      ...wrap(`Accepted: ${setting.form}.`, 110).map((line) => `# ${line}`),
      ...(setting.default === undefined ? [`# For example: ${setting.example}`] : []),
      `#${setting.name}=${setting.default ?? ''}`,
    ]
      .join('\n')
      .replaceAll('`', ''),
  );
  return `${[head, ...entries.map((entry) => `${entry}\n`)].join('\n')}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
