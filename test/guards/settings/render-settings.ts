import type { Setting } from '../../../agent/config/setting.ts';
import { ignoredVariables, settings } from '../../../agent/config/settings.ts';
import { renderChartValues } from './render-chart-values.ts';

/** The two documents that follow the table of settings; `npm run unit -- test/guards/settings -u` writes them anew. */

const all: readonly Setting<unknown>[] = Object.values(settings);

export function renderConfigurationPage(): string {
  return `# Configuration

This page is for those who install or tune the agent: what each setting means, what it accepts, and its default.

Environment variables with the prefix \`APP_\` configure the agent. It understands the names and values of the Go component that
it replaces.

- If a value cannot be used, the agent logs the variable and what is accepted, for all such variables at once, and exits with
  code 2. If the Go component accepts the value, this agent uses the nearest one that it can use instead, and logs a warning.
- The first lines of the log show all settings that are in use. An empty variable is the same as an absent
  one, unless its description says what empty means.
- Durations are written as in Go: \`180s\`, \`1h30m\`, \`1.5h\`, \`300ms\`.
- Variables without the prefix have their usual meaning: \`KUBECONFIG\` names the cluster (\`--kubeconfig\` on the command line
  takes precedence), \`NODE_EXTRA_CA_CERTS\` adds certification authorities, \`NODE_OPTIONS\` holds options of Node.
- \`HTTPS_PROXY\` (for an API server that speaks plain HTTP: \`HTTP_PROXY\`) and \`NO_PROXY\`, in upper or lower case, mean what they
  mean to kubectl and to the Go component: a proxy on the way to UCL and to the API server, by a tunnel that it cannot look into.
  \`NO_PROXY\` lists hosts with their subdomains, addresses and networks (\`10.0.0.0/8\`). In a cluster, list the API server there:
  \`NO_PROXY=$(KUBERNETES_SERVICE_HOST)\`. A \`proxy-url\` in the kubeconfig comes first, and may be a socks5 proxy. The
  NetworkPolicy of \`manifests/\` allows the ports 443 and 6443: a proxy on another port needs a rule of its own.
- The Helm chart has [values](#values-of-the-helm-chart) for some of them, and \`env\` for all others.
- If a variable has the prefix, but the agent does not know it, the log says so, and suggests the one that you probably meant.

| Variable | Default | Accepted |
|---|---|---|
${all.map((setting) => `| [\`${setting.name}\`](#${setting.name.toLowerCase()}) | ${setting.default === undefined ? 'none' : `\`${setting.default}\``} | ${setting.form} |`).join('\n')}

${all.map(renderSection).join('\n\n')}

${renderChartValues()}

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
