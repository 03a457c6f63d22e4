import { describe, it } from 'vitest';
import type { Way } from '../../servers/tcp-proxy/start-tcp-proxy.ts';
import { useFaultStage } from './use-fault-stage.ts';

describe('The way to UCL', () => {
  const faults = useFaultStage();

  const fail = async (scenario: string, way: Way) => {
    const trial = await faults.begin(scenario);
    await faults.setWayToUcl(way);
    faults.stage.addSystems(['Late']);
    await trial.isNamed('Synchronized', 'False/CompassUnreachable');
    const struck = faults.ways.toMtls.struck();
    await trial.recovers(`${struck} connections`, () => faults.setWayToUcl('open'));
  };

  it('takes connections and never answers', () => fail('UCL takes connections and never answers', 'silent'));
  it('drops every packet', () => fail('Packets to and from UCL are dropped', 'dropping'));
  it('loses the answers', () => fail('The answers of UCL are lost', 'deaf'));
  it('trickles answers byte by byte', () => fail('UCL answers byte by byte', 'trickling'));
  it('refuses connections', () => fail('UCL refuses connections', 'closed'));

  it('forgets open connections without a sign', async () => {
    const trial = await faults.begin('Connections to UCL are half open');
    let forgotten = 0;
    for (let round = 1; round <= 5; round += 1) {
      forgotten += faults.ways.toMtls.forget();
      faults.stage.addSystems([`Late ${round}`]);
      await trial.follows();
    }
    await trial.recovers(`${forgotten} connections`, () => undefined);
  });
});
