import { afterAll, beforeAll, describe, it } from 'vitest';
import { type NameServer, startNameServer } from '../../servers/name-server/start-name-server.ts';
import { useFaultStage } from './use-fault-stage.ts';

/**
 * The agent knows both servers by the name `localhost`, and asks the name server of this file for it: it has files of its
 * own in the place of /etc/resolv.conf, /etc/hosts and /etc/nsswitch.conf, for which one has to be root on Linux.
 */
describe('The names of both servers', () => {
  const faults = useFaultStage({}, 'localhost');
  let names: NameServer;
  beforeAll(async () => {
    names = await startNameServer();
  });
  afterAll(() => names.stop());

  const fail = async (scenario: string, answer: 'unknown' | 'failure' | 'silence') => {
    const trial = await faults.begin(scenario, {}, (command) => names.inItsNetwork(command));
    names.set(answer);
    const asked = names.asked();
    // Open connections need no name.
    faults.ways.toMtls.reset();
    faults.stage.addSystems(['Late']);
    await trial.isNamed('Synchronized', 'False/CompassUnreachable');
    faults.ways.toKube.reset();
    await trial.isLogged('ClusterUnreachable');
    await trial.recovers(`${names.asked() - asked} questions`, () => names.set('answer'));
  };

  it('are unknown', () => fail('Names are unknown to DNS', 'unknown'));
  it('cannot be told by a server that fails', () => fail('DNS fails', 'failure'));
  it('are asked for, and nobody answers', () => fail('DNS never answers', 'silence'));
});
