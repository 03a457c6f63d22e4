import { describe, expect, it } from 'vitest';
import { step } from '../../../agent/connection/pairing-state.ts';
import { type Cut, failOn } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

const minuteMs = 60_000;
const force = { isRenewalForced: true };
let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

/** Notes the order in which the record is written and UCL is asked. */
function noteOrder(): string[] {
  const order: string[] = [];
  const note: Cut = (call, when) => void (when === 'before' && /^write|^fetch|^sign/.test(call) && order.push(call));
  stage.credentials.cut = note;
  stage.ucl.cut = note;
  return order;
}

describe('a renewal', () => {
  it('is written down before UCL is asked for anything', async () => {
    await stage.beDue();
    const order = noteOrder();
    expect((await stage.connect()).events).toEqual(['renewed']);
    expect(order).toEqual(['writeRenewals', 'fetchConfiguration', 'signCertificateSigningRequest', 'writePairing']);
    expect(stage.credentials.pairing.renewals).toEqual([stage.time.now()]);
  });

  it('is remembered by the next life, so that there are three an hour whoever dies in between', async () => {
    await stage.beConnected();
    const events: string[] = [];
    for (let run = 0; run < 20; run += 1) {
      stage.restart();
      events.push(...(await stage.connect(force)).events);
      await stage.time.pass(minuteMs);
    }
    expect(events).toEqual(['renewed', 'renewed', 'renewed']);
    await stage.time.pass(40 * minuteMs);
    stage.restart();
    expect((await stage.connect(force)).events).toEqual(['renewed']);
  });

  it('is remembered by the next life although this one died before it had an answer', async () => {
    await stage.beConnected();
    stage.ucl.cut = failOn('fetchConfiguration', 'CompassUnreachable');
    for (let run = 0; run < 3; run += 1) {
      await stage.connect(force);
      stage.restart();
    }
    stage.ucl.cut = () => undefined;
    expect((await stage.connect(force)).events).toEqual([]);
  });

  it('takes out of the record what is over an hour old', async () => {
    await stage.beConnected();
    for (let run = 0; run < 10; run += 1) {
      expect((await stage.connect(force)).events).toEqual(['renewed']);
      expect(stage.credentials.pairing.renewals.length).toBeLessThanOrEqual(3);
      await stage.time.pass(25 * minuteMs);
    }
  });

  it('is not made where somebody else writes at the same time, whatever that is', async () => {
    await stage.beDue();
    const { link } = stage.memory;
    const order = noteOrder();
    const note = stage.credentials.cut;
    let left = 1;
    stage.credentials.cut = (call, when) => {
      note(call, when);
      if (call !== 'writeRenewals' || when !== 'before' || left === 0) return;
      left -= 1;
      const { state } = stage.credentials.pairing;
      stage.credentials.writeBySomebodyElse(state, [stage.time.now()]);
    };
    const facts = await stage.connect();
    expect(order).toEqual(['writeRenewals']);
    expect(facts).toMatchObject({ link, events: [], isRenewalTried: true });
    expect(facts.failedRenewal?.error?.message).toMatch(
      /^Renewing it failed: Somebody else is writing the record of pairing /,
    );
    expect(stage.credentials.pairing.renewals).toHaveLength(1);
    await stage.time.pass(5 * minuteMs);
    expect((await stage.connect()).events).toEqual(['renewed']);
    // Theirs counts as well.
    expect(stage.credentials.pairing.renewals).toHaveLength(2);
  });

  it.each(['PermissionMissing', 'ClusterUnreachable'] as const)(
    'is not made where it cannot be written down (%s), which is told, and costs none of the three',
    async (reason) => {
      await stage.beDue();
      const { link } = stage.memory;
      stage.credentials.cut = failOn('writeRenewals', reason);
      const order = noteOrderOfUcl();
      const facts = await stage.connect();
      expect(order).toEqual([]);
      expect(facts).toMatchObject({ link, events: [], failedRenewal: { error: { reason } } });
      expect(facts.failedRenewal?.error?.message).toMatch(
        /^Renewing it failed: It could not be written down first, so UCL was not asked: /,
      );
      for (let tries = 0; tries < 4; tries += 1) {
        await stage.time.pass(5 * minuteMs);
        await stage.connect();
      }
      stage.credentials.cut = () => undefined;
      await stage.time.pass(5 * minuteMs);
      expect((await stage.connect()).events).toEqual(['renewed']);
    },
  );

  it('leaves the state of pairing as it is, and what others write of that leaves the renewals', async () => {
    await stage.beConnected();
    await stage.connect(force);
    const { state, renewals } = stage.credentials.pairing;
    expect(state.at).toBe('paired');
    stage.credentials.writeBySomebodyElse(step(state, { kind: 'begun', tokenHash: 'theirs', privateKeyPem: 'key' }));
    await stage.connect(force);
    expect(stage.credentials.pairing.renewals.slice(0, 1)).toEqual(renewals);
  });
});

function noteOrderOfUcl(): string[] {
  const order: string[] = [];
  stage.ucl.cut = (call) => void order.push(call);
  return order;
}
