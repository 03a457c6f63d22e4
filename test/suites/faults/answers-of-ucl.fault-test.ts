import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../servers/ucl/faults.ts';
import { toSystem } from '../e2e/start-stage.ts';
import { useFaultStage } from './use-fault-stage.ts';

const mebibyte = 2 ** 20;
const always = Number.POSITIVE_INFINITY;

describe('UCL answers', () => {
  const faults = useFaultStage();

  const answer = async (scenario: string, effect: FaultEffect, reason: string) => {
    // Large answers take their time on a busy machine; and with pages as small as they get, smaller ones are not tried.
    const pages = { APP_COMPASS_PAGE_SIZE: '10', APP_COMPASS_NESTED_PAGE_SIZE: '10' };
    const trial = await faults.begin(scenario, { ...pages, APP_COMPASS_REQUEST_TIMEOUT: '30s' });
    const fault = faults.stage.ucl.faults.add({ on: 'director', times: always, effect });
    faults.stage.addSystems(['Late']);
    await trial.isNamed('Synchronized', `False/${reason}`);
    await trial.recovers(`${fault.hits} answers`, () => fault.remove());
  };

  it('with bytes that are no text', () =>
    answer('UCL answers with bytes that are no text', { rewriteBytes: () => randomBytes(100_000) }, 'InvalidAnswer'));

  it('with a text of which one byte is no UTF-8: that system shows it, and all others are right', async () => {
    const trial = await faults.begin('UCL answers with a byte that is no UTF-8');
    const marked = Buffer.from('Late, marked');
    const spoil = (body: Buffer) => {
      const at = body.indexOf(marked);
      if (at !== -1) body[at] = 0xff;
      return body;
    };
    const fault = faults.stage.ucl.faults.add({ on: 'director', times: always, effect: { rewriteBytes: spoil } });
    faults.stage.addSystem({ ...toSystem('Late'), description: String(marked) });
    const [, , , late] = await faults.stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma', 'mp-late']);
    expect(late?.spec.description).toBe('\uFFFDate, marked');
    await trial.isNamed('Synchronized', 'True/Synchronized');
    await trial.recovers(`${fault.hits} answers`, () => fault.remove());
  });

  it('with JSON a hundred thousand levels deep', () =>
    answer(
      'UCL answers with JSON a hundred thousand levels deep',
      { rewriteBytes: () => deep(100_000) },
      'InvalidAnswer',
    ));

  it('with JSON a million levels deep', () =>
    answer('UCL answers with JSON a million levels deep', { rewriteBytes: () => deep(1_000_000) }, 'AnswerTooLarge'));

  it('with more than it may', () =>
    answer(
      'UCL answers with 64 MiB',
      { rewriteBytes: (body) => Buffer.concat([body, Buffer.alloc(64 * mebibyte, ' ')]) },
      'AnswerTooLarge',
    ));

  it('with 10 MiB that are all needed', async () => {
    const trial = await faults.begin('UCL answers with 10 MiB of systems', { APP_COMPASS_REQUEST_TIMEOUT: '30s' });
    const description = 'd'.repeat(mebibyte / 4);
    for (let count = 1; count <= 40; count += 1) {
      faults.stage.addSystem({ ...toSystem(`Large ${count}`), description });
    }
    await trial.recovers('40 systems of 256 KiB', () => undefined);
  });

  it('with a system of which the Application is larger than etcd takes', async () => {
    const trial = await faults.begin('An Application of 2 MiB');
    const { ucl } = faults.stage;
    const id = faults.stage.addSystem({ ...toSystem('Large'), description: 'd'.repeat(2 * mebibyte) });
    faults.stage.addSystems(['Late']);
    await trial.isNamed('Synchronized', 'False/ApplicationsFailed');
    await faults.stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma', 'mp-late']);
    const refused = faults.stage.proxy.requests.count(({ verb, status }) => verb === 'create' && status >= 400);
    await trial.recovers(`${refused} refused writes`, () =>
      ucl.landscape.updateApplication(id, { description: 'Small enough' }),
    );
  });
});

describe('The API server answers', () => {
  const faults = useFaultStage();

  const answer = async (scenario: string, body: string) => {
    const trial = await faults.begin(scenario);
    const { proxy } = faults.stage;
    proxy.dropConnections();
    const fault = proxy.faults.add({ effect: { status: 200, body } });
    faults.stage.addSystems(['Late']);
    await trial.isLogged('ClusterUnreachable');
    await trial.recovers(`${fault.hits} answers`, () => fault.remove());
  };

  it('with a page of HTML', () => answer('The API server answers with a page of HTML', '<html>Sign in</html>'));
  it('with lists in lists, a hundred thousand levels deep', () =>
    answer('The API server answers with JSON a hundred thousand levels deep', String(deep(100_000))));
});

/** Good JSON, of lists in lists. */
function deep(levels: number): Buffer {
  return Buffer.from(`{"kind":"List","data":${'['.repeat(levels)}${']'.repeat(levels)}}`);
}
