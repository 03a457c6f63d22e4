import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** The templates of the chart, made of the manifests; `npm run unit -- test/guards/chart -u` writes them anew. */

const manifests = join(import.meta.dirname, '../../../manifests');

/** What stands in a manifest, and what stands in its place in the template. */
type Change = readonly [found: string, put: string];

interface Template {
  /** Below `templates/`. */
  file: string;
  /** Below `manifests/`: what it is made of. */
  sources: readonly string[];
  changes?: readonly Change[];
  /** The whole is rendered only where this holds. */
  condition?: string;
}

const variable = z.looseObject({ name: z.string(), value: z.string().optional() });
const container = z.object({ image: z.string(), env: z.array(variable), resources: z.looseObject({}) });
const deployment = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.tuple([container]) }) }) }),
});

const extraCa = '.Values.extraCa.configMap';
const image = readContainer().image;

const deploymentChanges: readonly Change[] = [
  ['# Deployment, container,', '{{- include "ucl-agent.namespace" . }}\n# Deployment, container,'],
  ['  replicas: 1\n', '  replicas: {{ .Values.replicas }}\n'],
  [`          image: ${image}\n`, '          image: {{ include "ucl-agent.image" . | quote }}\n'],
  ['imagePullPolicy: IfNotPresent\n', 'imagePullPolicy: {{ .Values.image.pullPolicy }}\n'],
  [
    '      containers:\n',
    `${['imagePullSecrets', 'nodeSelector', 'tolerations', 'affinity'].map(placeInPod).join('')}      containers:\n`,
  ],
  [
    '      containers:\n',
    `${when(extraCa, '      volumes:\n        - name: extra-ca\n          configMap:\n            name: {{ .Values.extraCa.configMap }}\n')}      containers:\n`,
  ],
  [
    '        - name: compass-runtime-agent\n',
    `        - name: compass-runtime-agent\n${when(extraCa, '          volumeMounts:\n            - name: extra-ca\n              mountPath: /etc/ucl-agent/extra-ca\n              readOnly: true\n')}`,
  ],
];

const verbatim = [
  'service-account.yaml',
  'priority-class.yaml',
  'rbac/cluster-role.yaml',
  'rbac/role-kyma-system.yaml',
  'rbac/role-istio-system.yaml',
  'rbac/role-default.yaml',
];

const templates: readonly Template[] = [
  ...verbatim.map((source) => ({ file: source, sources: [source] })),
  { file: 'deployment.yaml', sources: ['deployment.yaml'], changes: deploymentChanges },
  {
    file: 'network-policies.yaml',
    sources: ['network-policies.yaml'],
    condition: '.Values.networkPolicies.enabled',
    changes: [
      [
        '          port: 6443\n',
        '          port: 6443\n        {{- range .Values.networkPolicies.extraEgressPorts }}\n        - protocol: TCP\n          port: {{ . }}\n        {{- end }}\n',
      ],
    ],
  },
  {
    file: 'admission.yaml',
    sources: ['admission/subjects.yaml', 'admission/policy.yaml'],
    condition: '.Values.admission.enabled',
  },
  {
    file: 'metrics-service.yaml',
    sources: ['monitoring/service/service.yaml'],
    condition: 'or .Values.monitoring.service.enabled .Values.monitoring.serviceMonitor.enabled',
  },
  {
    file: 'service-monitor.yaml',
    sources: ['monitoring/service-monitor/service-monitor.yaml'],
    condition: '.Values.monitoring.serviceMonitor.enabled',
    changes: [
      [
        '    app.kubernetes.io/name: compass-runtime-agent\nspec:\n',
        '    app.kubernetes.io/name: compass-runtime-agent\n    {{- with .Values.monitoring.serviceMonitor.labels }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\nspec:\n',
      ],
      ['interval: 30s\n', 'interval: {{ .Values.monitoring.serviceMonitor.interval }}\n'],
    ],
  },
];

/**
 * The templates by their file below `templates/`. Throws where a manifest no longer has what an option stands in for, once:
 * the chart would lose the option without a word.
 */
export function renderTemplates(): Map<string, string> {
  return new Map(templates.map((template) => [template.file, renderTemplate(template)]));
}

function renderTemplate({ file, sources, changes = [], condition }: Template): string {
  const texts = sources.map((source) => {
    const text = readManifest(source);
    if (text.includes('{{')) throw new Error(`manifests/${source} holds "{{", which Helm would take for its own.`);
    return text;
  });
  let text = texts.join('---\n');
  if (file === 'deployment.yaml') text = replaceResources(replaceEnvironment(text));
  for (const [found, put] of changes) {
    if (text.split(found).length !== 2) throw new Error(`manifests/${sources[0]} does not have once: ${found}`);
    text = text.replace(found, () => put);
  }
  const origin = `# Made of ${sources.map((source) => `manifests/${source}`).join(', ')} by a test: do not edit.\n`;
  return condition === undefined ? `${origin}${text}` : `{{- if ${condition} }}\n${origin}${text}{{- end }}\n`;
}

function readManifest(source: string): string {
  return readFileSync(join(manifests, source), 'utf8');
}

/** The one container of the Deployment. */
export function readContainer(): z.infer<typeof container> {
  return deployment.parse(parse(readManifest('deployment.yaml'))).spec.template.spec.containers[0];
}

/** What the manifest sets is the default of the variable; what it takes from elsewhere stays as it is. */
function replaceEnvironment(text: string): string {
  const { env } = readContainer();
  const own = env.map((entry) => {
    const { name, value } = entry;
    if (value === undefined) return indent(stringify([entry]), 12);
    return `            - name: ${name}\n              value: {{ $environment.${name} | default ${JSON.stringify(value)} | quote }}\n`;
  });
  const names = env.map(({ name }) => JSON.stringify(name)).join(' ');
  const others = `            {{- range $name, $value := omit $environment ${names} }}\n            - name: {{ $name }}\n              value: {{ $value | quote }}\n            {{- end }}\n`;
  const block = `          env:\n            {{- $environment := include "ucl-agent.environment" . | fromYaml }}\n${own.join('')}${others}`;
  return replaceBlock(text, 'env', block);
}

function replaceResources(text: string): string {
  return replaceBlock(
    text,
    'resources',
    '          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n',
  );
}

/** Replaces a field of the container, with all that is below it. */
function replaceBlock(text: string, field: string, block: string): string {
  const replaced = text.replace(new RegExp(`^ {10}${field}:\\n(?: {11,}.*\\n)+`, 'm'), () => block);
  if (replaced === text) throw new Error(`manifests/deployment.yaml has no ${field}.`);
  return replaced;
}

function placeInPod(field: string): string {
  return `      {{- with .Values.${field} }}\n      ${field}:\n        {{- toYaml . | nindent 8 }}\n      {{- end }}\n`;
}

function when(condition: string, text: string): string {
  return `          {{- if ${condition} }}\n${text}          {{- end }}\n`.replaceAll(/^ +\{\{/gm, '      {{');
}

function indent(text: string, spaces: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces));
}
