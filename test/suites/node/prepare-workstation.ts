import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { buildAgent } from '../../programs/agent/build-agent.ts';
import { writeArchive } from '../../programs/archive/write-archive.ts';
import { findDeliveryPrograms } from '../../servers/delivery/delivery-programs.ts';
import type { AgentPodStage } from './use-agent-pod.ts';

/** What `kubectl ucl status` showed. */
export interface ShownStatus {
  /** The exit code. */
  readonly code: number;
  /** `True/Synchronized`. */
  readonly ready: string;
  /** Of the systems that UCL assigns, those that are in the cluster: `4/7`. */
  readonly systems: string;
  readonly notAfter: string;
}

const report = z.object({
  ready: z.object({ status: z.string(), reason: z.string() }),
  certificate: z.object({ notAfter: z.string().default('') }),
  applications: z.object({ desired: z.number(), ready: z.number() }).optional(),
});

/**
 * Gives the person of the stage what they need for an installation by helm: helm itself, `kubectl ucl` from the packed
 * archive as docs/cli.md says, and values that name the authority of the embedded UCL, which no real cluster needs.
 */
export async function prepareWorkstation(stage: AgentPodStage, env: Readonly<Record<string, string>>): Promise<void> {
  const programs = await findDeliveryPrograms(process.env);
  if (programs === undefined) throw new Error('No helm here: "npm run test:node" builds it, for which it needs Go.');
  const bin = path.join(stage.folder, '.local/bin');
  await mkdir(bin, { recursive: true });
  await symlink(programs.helm, path.join(bin, 'helm'));
  const { file } = await writeArchive(await buildAgent(), path.join(stage.folder, 'dist'));
  await stage.shell(`
    mkdir -p ~/.local/lib ~/.local/bin
    tar -xzf ${file} -C ~/.local/lib
    ln -s ../lib/package/ucl-agent ../lib/package/kubectl-ucl ../lib/package/kubectl_complete-ucl ~/.local/bin/
  `);
  const values = { extraCa: { configMap: 'embedded-ucl' }, env };
  await writeFile(path.join(stage.folder, 'my-values.yaml'), stringify(values));
}

/** Installs the CRDs and the chart, as docs/installation.md says, and waits until the pod is Ready. */
export async function installByHelm(stage: AgentPodStage): Promise<void> {
  await stage.shell('kubectl apply -k manifests/crds');
  await stage.shell('kubectl create configmap embedded-ucl --namespace kyma-system --from-file=my-cluster/ca.crt');
  await stage.shell('helm install ucl-agent manifests/chart --namespace kyma-system --values my-values.yaml');
  await stage.rolledOut();
}

/** Reads the status as a person or a script does. */
export async function readStatus(stage: AgentPodStage): Promise<ShownStatus> {
  const output = await stage.shell('kubectl ucl status --output json && echo "code 0" || echo "code $?"');
  const [, text = '', code] = /^([\s\S]*)code (\d+)\n$/.exec(output) ?? [];
  if (!text.startsWith('{')) return { code: Number(code), ready: text.trim(), systems: '', notAfter: '' };
  const { ready, certificate, applications } = report.parse(JSON.parse(text));
  return {
    code: Number(code),
    ready: `${ready.status}/${ready.reason}`,
    systems: applications === undefined ? '' : `${applications.ready}/${applications.desired}`,
    notAfter: certificate.notAfter,
  };
}
