import { describe, expect, test } from 'vitest';
import { createClusterView } from '../../../agent/kube/open-cluster-view.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from './api/fake-exchange.ts';

const { signal } = new AbortController();

function open(answer: (path: string, body: string | undefined) => FakeAnswer, isServiceAccount = false) {
  const exchange = createFakeExchange(({ path, body }) => answer(path, body));
  const view = createClusterView(
    { exchange, log: recordLog(), time: new VirtualTime() },
    { kubectl: 'kubectl', isServiceAccount },
  );
  return { exchange, view };
}

function aPod(name: string, createdAt: string, changes: object = {}) {
  return {
    metadata: { name, namespace: 'one', creationTimestamp: createdAt },
    spec: { serviceAccountName: 'agent', containers: [{ name: 'istio-proxy' }, { name: 'compass-runtime-agent' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ restartCount: 2 }],
    },
    ...changes,
  };
}

const list = (...items: object[]) => ({ status: 200, body: { metadata: { resourceVersion: '1' }, items } });

describe('the pods of the agent', () => {
  test('are found by its labels, the newest first, with what is wrong with them', async () => {
    const waiting = { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] };
    const { exchange, view } = open(() =>
      list(aPod('old', '2026-01-01T00:00:00Z'), aPod('new', '2026-01-02T00:00:00Z', { status: waiting }), {
        metadata: {},
      }),
    );
    const pods = await view.listAgentPods('one', signal);
    expect(exchange.requests[0]?.path).toMatch(
      /^\/api\/v1\/namespaces\/one\/pods\?labelSelector=app%3Dcompass-runtime-agent/,
    );
    expect(pods).toMatchObject([
      { name: 'new', phase: 'Pending', isReady: false, restarts: 0, why: 'ImagePullBackOff' },
      { name: 'old', phase: 'Running', isReady: true, restarts: 2, serviceAccount: 'agent' },
    ]);
  });

  test('have a log, of which the lines come as they arrive and from the container of the agent', async () => {
    async function* chunks() {
      yield '{"message":"on';
      yield 'e"}\n{"message":"two"}\n';
    }
    const { exchange, view } = open((path) =>
      path.includes('/log') ? { status: 200, body: chunks() } : list(aPod('p', '2026-01-01T00:00:00Z')),
    );
    const [pod] = await view.listAgentPods('one', signal);
    const lines: string[] = [];
    for await (const line of view.readLog({ pod: pod ?? expect.unreachable(), tailLines: 5, follow: true }, signal)) {
      lines.push(line);
    }
    expect(lines).toEqual(['{"message":"one"}', '{"message":"two"}']);
    expect(exchange.requests[1]).toMatchObject({
      path: '/api/v1/namespaces/one/pods/p/log?container=compass-runtime-agent&tailLines=5&follow=true',
      answer: 'stream',
    });
  });

  test('may be forbidden to read, which is told as a right of the person, or of the agent inside the Pod', async () => {
    const refused = {
      status: 403,
      body: { message: 'pods "p" is forbidden: User "u" cannot get resource "pods/log"' },
    };
    const pod = {
      ...{ name: 'p', namespace: 'one', createdAt: '', serviceAccount: '', containers: [], phase: '' },
      ...{ isReady: false, restarts: 0 },
    };
    const read = (isServiceAccount: boolean) =>
      open(() => refused, isServiceAccount)
        .view.readLog({ pod, tailLines: 1, follow: false }, signal)
        [Symbol.asyncIterator]()
        .next();
    await expect(read(false)).rejects.toMatchObject({
      message: 'Your user may not get pods/log "p" in namespace one',
      remedy: expect.stringMatching(/kubectl auth can-i get pods\/p --subresource=log --namespace one$/),
    });
    await expect(read(true)).rejects.toMatchObject({ message: 'The agent may not get pods/log "p" in namespace one' });
  });
});
