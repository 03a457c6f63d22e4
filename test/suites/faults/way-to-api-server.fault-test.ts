import { describe, it } from 'vitest';
import { applicationPath } from '../../servers/cluster/create-cluster-client.ts';
import type { FaultEffect } from '../../servers/fault-proxy/fault-list.ts';
import type { Way } from '../../servers/tcp-proxy/start-tcp-proxy.ts';
import { useFaultStage } from './use-fault-stage.ts';

describe('The way to the API server', () => {
  const faults = useFaultStage();

  const fail = async (scenario: string, way: Way) => {
    const trial = await faults.begin(scenario);
    const { toKube } = faults.ways;
    await toKube.set(way);
    faults.stage.addSystems(['Late']);
    await trial.isLogged('ClusterUnreachable');
    await trial.recovers(`${toKube.struck()} connections`, () => toKube.set('open'));
  };

  it('takes connections and never answers', () => fail('The API server takes connections and never answers', 'silent'));
  it('drops every packet', () => fail('Packets to and from the API server are dropped', 'dropping'));
  it('loses the answers', () => fail('The answers of the API server are lost', 'deaf'));
  it('trickles answers byte by byte', () => fail('The API server answers byte by byte', 'trickling'));
  it('refuses connections', () => fail('The API server refuses connections', 'closed'));

  it('forgets open watches without a sign: what changes meanwhile is seen by the deadline of a silent watch', async () => {
    const trial = await faults.begin('Watches of the API server are half open');
    const forgotten = faults.ways.toKube.forget();
    await faults.stage.kube.remove(`${applicationPath}/mp-alpha`);
    await trial.recovers(`${forgotten} connections`, () => undefined, { newObjects: true });
  });
});

describe('Every request to the API server', () => {
  const faults = useFaultStage();

  const answer = async (scenario: string, effect: FaultEffect, reason = 'ClusterUnreachable') => {
    const trial = await faults.begin(scenario);
    const { proxy } = faults.stage;
    proxy.dropConnections();
    const fault = proxy.faults.add({ effect });
    faults.stage.addSystems(['Late']);
    await trial.isLogged(reason);
    await trial.recovers(`${fault.hits} requests`, () => fault.remove());
  };

  it('is answered with 429', () => answer('The API server answers 429', { status: 429 }));
  it('is answered with 429 and a pause', () =>
    answer('The API server answers 429 with Retry-After', { status: 429, headers: { 'retry-after': '2' } }));
  it('is answered with 500 and nothing else', () =>
    answer('The API server answers 500', { status: 500, body: 'Internal Server Error' }));
  it('is answered with 500 and a reason', () =>
    answer('The API server answers 500 with a reason', { status: 500 }, 'Refused'));
  it('is answered with 503', () => answer('The API server answers 503', { status: 503 }));
});
