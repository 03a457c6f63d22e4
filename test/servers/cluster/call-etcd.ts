/** One call of etcd's JSON gateway. */
export async function callEtcd(etcdUrl: string, path: string, body: object): Promise<unknown> {
  const answer = await fetch(new URL(path, etcdUrl), { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd answered ${path} with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
