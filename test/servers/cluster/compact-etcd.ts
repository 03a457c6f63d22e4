import { z } from 'zod';

const status = z.object({ header: z.object({ revision: z.string() }) });

/** Makes an etcd forget every revision before its current one, through its JSON gateway. */
export async function compactEtcd(etcdUrl: string): Promise<void> {
  const { header } = status.parse(await call(etcdUrl, '/v3/maintenance/status', {}));
  await call(etcdUrl, '/v3/kv/compaction', { revision: header.revision, physical: true });
}

async function call(etcdUrl: string, path: string, body: object): Promise<unknown> {
  const answer = await fetch(new URL(path, etcdUrl), { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd answered ${path} with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
