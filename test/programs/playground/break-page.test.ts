import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { compassConnectionType } from '../../../agent/kube/api/resource-type.ts';
import { arrayAt, isJsonObject, objectAt, stringAt } from '../../servers/kube-api/kube-object.ts';
import { connectionName, openCluster } from './playground-cluster.ts';
import { startPlayground } from './start-playground.ts';

const signal = new AbortController().signal;
const golden = join(import.meta.dirname, '../../data/situations/golden');

/** What `kubectl get` shows in a situation: `False/ConfigurationMissing`. */
function readyInGolden(name: string): string {
  const shown = readFileSync(join(golden, `${name}.txt`), 'utf8');
  const [, status, reason] = /^Ready +(\w+) \((\w+)/m.exec(shown) ?? [];
  return `${status}/${reason}`;
}

/** Each way of breaking: a fault of UCL, a new installation, another certificate, an annotation, another clock. */
const names = (process.env.UCL_TEST_BREAKAGES ?? 'ucl-503,token-used,certificate-expired,suspended,clock-off').split(
  ',',
);

test('The menu brings situations about as the golden files have them, and puts everything right again', async () => {
  const playground = startPlayground();
  await playground.seen('Ctrl-C ends the playground');
  const text = playground.printed();
  const breakUrl = /http:\/\/127\.0\.0\.1:\d+\/break/.exec(text)?.[0] ?? '';
  const kubeconfig = / --kubeconfig (\S+)/.exec(text)?.[1] ?? '';
  const client = openCluster(kubeconfig);
  const ready = async () => {
    const connection = await client
      .get({ type: compassConnectionType, name: connectionName }, signal)
      .catch(() => ({}));
    if (!isJsonObject(connection)) return '';
    const conditions = arrayAt(objectAt(connection, 'status'), 'conditions');
    const found = conditions.find((condition) => isJsonObject(condition) && condition.type === 'Ready');
    return `${stringAt(found, 'status')}/${stringAt(found, 'reason')}`;
  };
  const isSoon = (expected: string) => vi.waitFor(async () => expect(await ready()).toBe(expected), 60_000);
  const press = (name: string) => fetch(`${breakUrl}?situation=${name}`, { method: 'POST' });
  try {
    const whole = await ready();
    for (const name of names) {
      expect(await (await press(name)).text()).toContain('Put it right');
      await isSoon(readyInGolden(name));
    }
    await press('');
    await isSoon(whole);
    expect((await (await fetch(breakUrl)).text()).includes('Put it right')).toBe(false);
  } finally {
    client.close();
    playground.interrupt();
  }
  expect(await playground.ended).toMatchObject({ code: 0, leftFiles: [] });
}, 600_000);
