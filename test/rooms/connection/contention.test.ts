import { describe, expect, it } from 'vitest';
import { hashToken } from '../../../agent/connection/decide-pairing-step.ts';
import { step } from '../../../agent/connection/pairing-state.ts';
import { idOf } from '../../data/builders/landscape.ts';
import { type Cut, failFor, uncut } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

describe('two agents', () => {
  it('read afresh before they act: a token that the other has used is not used again', async () => {
    const token = stage.configure();
    await stage.beConnected();
    stage.managementInfo = undefined;
    const { addresses } = stage.ucl;
    const identity = { runtimeId: stage.runtimeId, tenant: 'tenant', connectorUrl: stage.ucl.connectorUrl };
    const newer = stage.configure();
    const present = { identity, addresses, usedTokenHash: hashToken(newer), fingerprints: [] };
    stage.credentials.writeBySomebodyElse({ at: 'paired', present });
    expect(await stage.connect()).toMatchObject({ events: ['rebuilt'], maintenance: [] });
    expect(stage.ucl.presented).toEqual([]);
    expect(token).not.toBe(newer);
  });

  it('use a token once: whoever did not make the claim leaves it', async () => {
    stage.configure();
    stage.credentials.cut = (call, when) => {
      const { state } = stage.credentials.pairing;
      if (call !== 'writePairing' || when !== 'before' || state.at !== 'keyed' || state.tries !== undefined) return;
      stage.credentials.writeBySomebodyElse(step(state, { kind: 'claimed' }));
    };
    expect(await stage.run()).toMatchObject({ error: { reason: 'Conflict', next: 'retry' } });
    expect(stage.ucl.presented).toEqual([]);
  });

  it('go on with what the other has done', async () => {
    const token = stage.configure();
    let left = 1;
    stage.credentials.cut = (call, when) => {
      if (call !== 'writePairing' || when !== 'before' || left === 0) return;
      left -= 1;
      stage.credentials.writeBySomebodyElse({
        at: 'refused',
        present: undefined,
        refusedTokenHash: hashToken(token),
        refusal: undefined,
      });
    };
    expect(await stage.run()).toMatchObject({ error: { reason: 'TokenRefused' } });
    expect(stage.ucl.presented).toEqual([]);
  });

  it('end the run when the other writes without an end', async () => {
    stage.configure();
    let writes = 0;
    stage.credentials.cut = (call, when) => {
      if (call !== 'writePairing' || when !== 'before') return;
      writes += 1;
      stage.credentials.writeBySomebodyElse({
        at: 'refused',
        present: undefined,
        refusedTokenHash: `theirs ${writes}`,
        refusal: undefined,
      });
    };
    expect(await stage.run()).toMatchObject({ error: { reason: 'Conflict' } });
    expect(writes).toBe(3);
  });

  it('do not take over, prove or rebuild against each other', async () => {
    const { token, link } = await stage.beConnected();
    let theirs = 0;
    stage.credentials.cut = (call, when) => {
      if (call !== 'writePairing' || when !== 'before') return;
      theirs += 1;
      stage.credentials.writeBySomebodyElse({
        at: 'refused',
        present: undefined,
        refusedTokenHash: `theirs ${theirs}`,
        refusal: undefined,
      });
    };
    stage.configure({ token, tenant: 'other tenant' });
    expect(await stage.run()).toMatchObject({ error: { reason: 'Conflict' }, keepsFormerLink: false });
    stage.restart();
    expect(await stage.run()).toMatchObject({ error: { reason: 'Conflict' }, certificate: link.certificate });
  });
});

describe('somebody who writes the record all the time, and changes nothing of it', () => {
  it.each(['configured', 'signed'] as const)('costs no token: what made it %s is written down later', async (at) => {
    stage.configure();
    let left = 5;
    stage.credentials.cut = (call, when) => {
      const { state } = stage.credentials.pairing;
      const isNext = at === 'configured' ? stage.ucl.presented.length === 1 : stage.ucl.presented.length === 2;
      if (call !== 'writePairing' || when !== 'before' || !isNext || left === 0) return;
      left -= 1;
      stage.credentials.writeBySomebodyElse(state);
    };
    expect(await stage.run()).toMatchObject({ error: { reason: 'Conflict', next: 'retry' } });
    expect(await stage.run()).toMatchObject({ events: ['paired'] });
    expect(left).toBe(0);
    expect(stage.ucl.presented).toHaveLength(2);
    expect(new Set(stage.ucl.presented).size).toBe(2);
  });

  it('costs no token either where they note something of the present certificate', async () => {
    const { token } = await stage.beConnected();
    const { present } = stage.credentials.pairing.state;
    stage.managementInfo = undefined;
    stage.configure();
    let left = 1;
    stage.credentials.cut = (call, when) => {
      const { state } = stage.credentials.pairing;
      if (call !== 'writePairing' || when !== 'before' || stage.ucl.presented.length === 0 || left === 0) return;
      left -= 1;
      if (present === undefined || state.at !== 'keyed') throw failFor('Unexpected');
      stage.credentials.writeBySomebodyElse({ ...state, present: { ...present, fingerprints: ['of another agent'] } });
    };
    await stage.run();
    stage.managementInfo = undefined;
    expect(await stage.run()).toMatchObject({ events: ['paired'] });
    expect(left).toBe(0);
    expect(stage.ucl.presented).toHaveLength(2);
    expect(stage.ucl.presented).not.toContain(token);
  });
});

describe('an agent that is told to stop', () => {
  it.each([
    'readClientPair',
    'readPairing',
    'fetchConfiguration',
    'signCertificateSigningRequest',
    'storeClientPair',
    'hasCaCertificate',
    'storeCaCertificate',
  ])('throws the reason of the abort, and nothing else, in %s', async (call) => {
    stage.configure();
    const reason = new Error('stopping');
    stage.credentials.caCertificatePem = undefined;
    const cut: Cut = (name, when) => {
      if (name !== call || when !== 'after') return;
      stage.abort.abort(reason);
      throw failFor('ClusterUnreachable');
    };
    if (call === 'hasCaCertificate') {
      await stage.beConnected();
      stage.restart();
    }
    stage.credentials.cut = cut;
    stage.ucl.cut = cut;
    await expect(stage.run()).rejects.toBe(reason);
    expect(stage.connectors.open).toBe(0);
  });

  it('tells what UCL has answered and was not written down, so that whoever leads on uses no token twice', async () => {
    const token = stage.configure();
    let isAnswered = false;
    stage.ucl.cut = (call, when) => {
      isAnswered ||= call === 'fetchConfiguration' && when === 'after';
    };
    stage.credentials.cut = (call) => {
      if (call !== 'writePairing' || !isAnswered) return;
      stage.abort.abort(failFor('LeadershipLost'));
      throw failFor('LeadershipLost');
    };
    expect(await stage.run()).toMatchObject({ link: undefined, unwritten: { event: { kind: 'configured' } } });
    stage.credentials.cut = uncut;
    stage.abort = new AbortController();
    expect((await stage.connect()).events).toEqual(['paired']);
    expect(stage.ucl.presented.filter((presented) => presented === token)).toHaveLength(1);
  });

  it('keeps a link that serves where the record of a new pairing could not be written', async () => {
    const { link } = await stage.beConnected();
    stage.configure({ runtimeId: idOf('other runtime') });
    stage.credentials.cut = (call) => {
      if (call !== 'writePairing') return;
      stage.abort.abort(failFor('LeadershipLost'));
      throw failFor('LeadershipLost');
    };
    await stage.run().catch(() => undefined);
    expect(stage.memory.link).toEqual(link);
    expect(stage.directors.isOpen).toBe(true);
  });

  it.each(['writeRenewals', 'fetchConfiguration', 'prove', 'storeClientPair', 'readPairing'])(
    'throws it also in a renewal, in %s',
    async (call) => {
      await stage.beDue();
      const reason = new Error('stopping');
      const cut: Cut = (name) => {
        if (name !== call) return;
        stage.abort.abort(reason);
        throw failFor('ClusterUnreachable');
      };
      stage.credentials.cut = cut;
      stage.ucl.cut = cut;
      await expect(stage.run()).rejects.toBe(reason);
    },
  );
});
