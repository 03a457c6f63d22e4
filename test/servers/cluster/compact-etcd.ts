import { z } from 'zod';
import { callEtcd } from './call-etcd.ts';

const status = z.object({ header: z.object({ revision: z.string() }) });

/** Makes an etcd forget every revision before its current one, through its JSON gateway. */
export async function compactEtcd(etcdUrl: string): Promise<void> {
  const { header } = status.parse(await callEtcd(etcdUrl, '/v3/maintenance/status', {}));
  await callEtcd(etcdUrl, '/v3/kv/compaction', { revision: header.revision, physical: true });
}
