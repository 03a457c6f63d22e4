import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { findDeliveryPrograms } from '../../servers/delivery/delivery-programs.ts';

/** The examples of docs/gitops.md, as far as they can be tried without Argo CD and Flux. */

const root = path.join(import.meta.dirname, '../../..');
const run = promisify(execFile);

let page: string;
let folder: string;
let cluster: Cluster;

beforeAll(async () => {
  page = await readFile(path.join(root, 'docs/gitops.md'), 'utf8');
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-gitops-'));
  // The repository that the page assumes.
  const installation = path.join(folder, 'clusters/prod/ucl-agent');
  await cp(path.join(root, 'manifests'), path.join(installation, 'manifests'), { recursive: true });
  const sample = path.join(root, 'manifests/samples/overlay-kustomization.yaml');
  await cp(sample, path.join(installation, 'my-cluster/kustomization.yaml'));
  cluster = await startCluster({ crds: 'none' });
  await installOldCrds(path.join(installation, 'manifests/crds'));
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** Applies the CRDs as 0.1.0 had them: without annotations. */
async function installOldCrds(place: string): Promise<void> {
  const rendered = await cluster.kubectl(['kustomize', place]);
  const crds = parseAllDocuments(rendered.stdout);
  for (const crd of crds) crd.deleteIn(['metadata', 'annotations']);
  const applied = await cluster.kubectl(['apply', '-f', '-'], crds.map((crd) => `---\n${crd.toString()}`).join(''));
  expect(applied).toMatchObject({ code: 0, stderr: '' });
  const names = crds.map((crd) => `crd/${named.parse(crd.toJS()).metadata.name}`);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names]);
}

/** The objects of the YAML blocks of a section. */
function readObjects(heading: string): unknown[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const blocks = [...own.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)];
  return blocks.flatMap(([, indent = '', text = '']) =>
    parseAllDocuments(text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')).map((document) => document.toJS()),
  );
}

const named = z.looseObject({ kind: z.string(), metadata: z.object({ name: z.string() }) });

async function renderKinds(place: string): Promise<string[]> {
  const { code, stdout, stderr } = await cluster.kubectl(['kustomize', path.join(folder, place)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return parseAllDocuments(stdout).map((document) => named.parse(document.toJS()).kind);
}

test('Flux is pointed at the CRDs first, without pruning, and at the agent after them', async () => {
  const kustomization = z.object({
    metadata: z.object({ name: z.string() }),
    spec: z.looseObject({ path: z.string(), prune: z.boolean() }),
  });
  const [crds, agent] = readObjects('Flux').map((each) => kustomization.parse(each));
  expect(crds?.spec.prune).toBe(false);
  expect(agent?.spec).toMatchObject({ dependsOn: [{ name: crds?.metadata.name }] });
  expect(await renderKinds(crds?.spec.path ?? '')).toEqual(['CustomResourceDefinition', 'CustomResourceDefinition']);
  const installed = await renderKinds(agent?.spec.path ?? '');
  expect(installed).toContain('Deployment');
  expect(installed).not.toContain('CustomResourceDefinition');
});

test('Argo CD is pointed at both', async () => {
  const application = z.object({ spec: z.looseObject({ sources: z.array(z.looseObject({ path: z.string() })) }) });
  const [first] = readObjects('Argo CD');
  const kinds = await Promise.all(application.parse(first).spec.sources.map((source) => renderKinds(source.path)));
  expect(kinds.flat()).toEqual(expect.arrayContaining(['CustomResourceDefinition', 'Deployment']));
});

test('The way over from 0.1.0 gives the CRDs in the cluster the annotations that its command looks for', async () => {
  const [resources] = readObjects('Upgrading from 0.1.0');
  const place = path.join(folder, 'clusters/prod/ucl-agent/between');
  await mkdir(place);
  await writeFile(path.join(place, 'kustomization.yaml'), stringify(resources));
  expect((await cluster.kubectl(['apply', '-k', place])).code).toBe(0);
  const command = page.split('\n').find((line) => line.trim().startsWith('kubectl get crd ')) ?? '';
  const [, args = '', template = ''] = /^ *kubectl (.*)'(.*)'$/.exec(command) ?? [];
  const [format = '', ...others] = args.split(' ').reverse();
  const { stdout } = await cluster.kubectl([...others.reverse(), `${format}${template}`]);
  expect(stdout).toBe('disabled Prune=false,Delete=false\n'.repeat(2));
});

describe('The health script for Argo CD', () => {
  async function judge(conditions: object[] | undefined): Promise<string> {
    const programs = await findDeliveryPrograms(process.env);
    if (programs === undefined) throw new Error('No glua here: "npm run test:cluster" builds it.');
    const settings = z.object({ data: z.record(z.string(), z.string()) }).parse(readObjects('Argo CD').at(-1));
    const [script = ''] = Object.values(settings.data);
    const file = path.join(folder, 'health.lua');
    const status = conditions === undefined ? '{}' : `{ status = { conditions = ${toLua(conditions)} } }`;
    const source = `obj = ${status}\nlocal judge = function()\n${script}\nend\nlocal health = judge()\n`;
    await writeFile(file, `${source}print(health.status .. " - " .. health.message)\n`);
    return (await run(programs.glua, [file])).stdout.trim();
  }

  test.each([
    ['Healthy', 'True', 'Synchronized'],
    ['Degraded', 'False', 'CompassUnreachable'],
    ['Suspended', 'True', 'Suspended'],
    ['Suspended', 'False', 'Suspended'],
    ['Progressing', 'Unknown', 'Starting'],
  ])('says %s where Ready is %s by the reason %s', async (health, status, reason) => {
    const ready = { type: 'Ready', status, reason, message: 'As it is.' };
    const others = { type: 'Connected', status: 'Unknown', reason: 'Other', message: 'No matter.' };
    expect(await judge([others, ready, others])).toBe(`${health} - ${reason}: As it is.`);
  });

  test('says Progressing while there is no status', async () => {
    expect(await judge(undefined)).toBe('Progressing - The agent has not told its state yet.');
  });

  test('reads a CompassConnection that Git holds without content, which the CRD accepts', async () => {
    const connection = readObjects('Argo CD').map((each) => named.parse(each));
    const example = connection.find(({ kind }) => kind === 'CompassConnection');
    const answer = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(example));
    expect(answer).toMatchObject({ code: 0, stderr: '' });
  });
});

function toLua(value: object[]): string {
  const items = value.map((item) => {
    const fields = Object.entries(item).map(([key, text]) => `${key} = ${JSON.stringify(text)}`);
    return `{ ${fields.join(', ')} }`;
  });
  return `{ ${items.join(', ')} }`;
}
