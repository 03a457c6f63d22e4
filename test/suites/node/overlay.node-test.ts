import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { useAgentPod } from './use-agent-pod.ts';

const stage = useAgentPod();

const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
});
const containers = z.array(z.looseObject({ env: z.array(z.unknown()) }));
const deployment = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ containers }) }) }),
});

/** What kubectl would apply, by kind and name. */
async function render(folder: string): Promise<Map<string, unknown>> {
  const documents = parseAllDocuments(await stage.shell(`kubectl kustomize ${folder}`));
  return new Map(
    documents.map((document): [string, unknown] => {
      const object = manifest.parse(document.toJS());
      return [`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`, object];
    }),
  );
}

test('What is installed is manifests/ with the authority of the embedded UCL, and nothing else', async () => {
  const [shipped, installed] = [await render('manifests'), await render('my-cluster')];
  const changed = [...installed].filter(([name, object]) => !isDeepStrictEqual(object, shipped.get(name)));
  const agent = 'Deployment kyma-system/compass-runtime-agent';
  expect(changed.map(([name]) => name)).toEqual(['ConfigMap kyma-system/embedded-ucl', agent]);
  expect([...shipped.keys()].filter((name) => !installed.has(name))).toEqual([]);

  const expected = deployment.parse(shipped.get(agent));
  const { spec } = expected.spec.template;
  spec.volumes = [{ name: 'embedded-ucl', configMap: { name: 'embedded-ucl' } }];
  for (const container of spec.containers) {
    container.env.push({ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/embedded-ucl/ca.crt' });
    container.volumeMounts = [{ name: 'embedded-ucl', mountPath: '/etc/embedded-ucl' }];
  }
  expect(installed.get(agent)).toEqual(expected);
});
