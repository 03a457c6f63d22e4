import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const root = path.join(import.meta.dirname, '../../..');

/** What Kubernetes puts in for a pod of the Deployment. */
const podName = z
  .strictObject({
    name: z.string(),
    valueFrom: z.strictObject({ fieldRef: z.strictObject({ fieldPath: z.literal('metadata.name') }) }),
  })
  .transform(({ name }) => ({ name, value: 'compass-runtime-agent-5d4f8' }));

/** Strict, so that a variable from elsewhere (`valueFrom`, `envFrom`) cannot be missed. */
const deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.object({
            command: z.never().optional(),
            args: z.array(z.string()),
            env: z.array(z.union([z.strictObject({ name: z.string(), value: z.string() }), podName])),
            envFrom: z.never().optional(),
            resources: z.object({ limits: z.object({ memory: z.string() }) }).optional(),
          }),
        ]),
      }),
    }),
  }),
});

/** How a Deployment starts its one container. */
export interface ContainerTemplate {
  /** In place of the image's command. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** undefined: no limit in MiB. */
  readonly memoryLimitMiB: number | undefined;
}

/** Reads the manifest of a Deployment. @param file from the root of the repository. */
export async function readDeployment(file: string): Promise<ContainerTemplate> {
  const manifest = deployment.parse(parse(await readFile(path.join(root, file), 'utf8')));
  const [{ args, env, resources }] = manifest.spec.template.spec.containers;
  const [, limit] = /^(\d+)Mi$/.exec(resources?.limits.memory ?? '') ?? [];
  return {
    args,
    env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
    memoryLimitMiB: limit === undefined ? undefined : Number(limit),
  };
}
