import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { toSystem } from '../e2e/start-stage.ts';
import { useFaultStage } from './use-fault-stage.ts';

const mebibyte = 2 ** 20;
/** Large answers take their time on a busy machine. */
const patient = { APP_COMPASS_REQUEST_TIMEOUT: '30s' };

describe('The machine', () => {
  const faults = useFaultStage();
  const { stage } = faults;

  it('has no room for the log', async () => {
    const trial = await faults.begin('The disk that takes the log is full');
    await trial.agent.stop();
    trial.start((command) => ['sh', '-c', 'exec "$@" >/dev/full 2>/dev/full', 'sh', ...command]);
    for (let round = 1; round <= 3; round += 1) {
      stage.addSystems([`Late ${round}`]);
      await trial.follows();
    }
    await trial.recovers('every line of the log', () => undefined);
  });

  it('has nobody who reads the log any more', async () => {
    const trial = await faults.begin('Nobody reads the log any more');
    trial.agent.stopReading();
    for (let round = 1; round <= 3; round += 1) {
      stage.addSystems([`Late ${round}`]);
      await trial.follows();
    }
    await trial.recovers('every further line of the log', () => undefined);
  });

  it('gives less memory than the landscape takes', async () => {
    // With pages as small as they get, smaller ones are not tried first.
    const pages = { APP_COMPASS_PAGE_SIZE: '10', APP_COMPASS_NESTED_PAGE_SIZE: '10' };
    const trial = await faults.begin('The landscape outgrows the heap', {
      ...pages,
      ...patient,
      APP_MAX_HEAP_MIB: '48',
    });
    const ids = Array.from({ length: 40 }, (_, index) =>
      stage.addSystem({ ...toSystem(`Large ${index}`), description: 'd'.repeat(mebibyte) }),
    );
    await trial.isNamed('Synchronized', 'False/AnswerTooLarge');
    await sleep(10_000);
    const reads = stage.ucl.requests.count({ operation: 'applicationsForRuntime' });
    await trial.recovers(`${reads} requests for 40 MiB with a heap of 48 MiB`, () => stage.leaveFormation(ids));
  });

  it('stops the process for a minute', async () => {
    const trial = await faults.begin('The process is stopped for a minute, and goes on');
    trial.agent.pause();
    stage.addSystems(['Late']);
    trial.unwatch();
    await sleep(60_000);
    await trial.recovers('1 stop', () => trial.agent.resume());
  });
});
