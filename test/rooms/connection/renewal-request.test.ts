import { describe, expect, it } from 'vitest';
import { step } from '../../../agent/connection/pairing-state.ts';
import { failOn } from '../../data/fakes/cut.ts';
import { beforeEachStage, type ConnectionStage, type RunOptions } from './create-stage.ts';

const minuteMs = 60_000;
const request = { token: 'asked-once' };
let stage: ConnectionStage;

beforeEachStage((fresh) => {
  stage = fresh;
});

/** Every point of a run at which its process can die. */
async function listPoints(options: RunOptions): Promise<string[]> {
  const points: string[] = [];
  cut((call, when) => void points.push(`${call} ${when}`));
  await stage.connect(options);
  cut(() => undefined);
  return points;
}

function cut(by: ConnectionStage['ucl']['cut']): void {
  for (const port of [stage.ucl, stage.credentials, stage.configuration]) port.cut = by;
}

/** Runs, dies where it first comes to this point, and starts again. */
async function dieAt(point: string, options: RunOptions): Promise<void> {
  const dead = new Error('dead');
  cut((call, when) => {
    if (!stage.abort.signal.aborted && `${call} ${when}` !== point) return;
    stage.abort.abort(dead);
    throw dead;
  });
  await stage.run(options).catch(() => undefined);
  cut(() => undefined);
  stage.restart();
}

describe('a request for a renewal', () => {
  it('costs one certificate where the process dies before it is answered, unless the new pair was not stored yet', async () => {
    await stage.beConnected();
    const points = await listPoints(request);
    const [sent, stored] = ['signCertificateSigningRequest after', 'storeClientPair before'].map((point) =>
      points.indexOf(point),
    );
    expect(points.length).toBeGreaterThan(stored ?? 0);
    for (const [index, point] of points.entries()) {
      const token = `${point} ${index}`;
      await stage.time.pass(60 * minuteMs);
      const { signed } = stage.ucl;
      await dieAt(point, { token });
      await stage.connect({ token });
      const cost = index >= (sent ?? 0) && index <= (stored ?? 0) ? 2 : 1;
      expect(stage.ucl.signed - signed, point).toBe(cost);
    }
  });

  it.each(['storeClientPair after', 'writePairing after', 'storeCaCertificate before'])(
    'costs one certificate also where a pairing answers it, and the process dies at: %s',
    async (point) => {
      stage.configure();
      // What is written down after that is that the pair is stored.
      await dieAt('storeClientPair before', request);
      await dieAt(point, request);
      await dieAt('hasCaCertificate before', request);
      await stage.connect(request);
      expect(stage.ucl.signed).toBe(1);
    },
  );

  it('costs one certificate also where another token has come since the pair of a pairing was stored', async () => {
    await stage.beConnected();
    stage.ucl.revokeAll();
    await stage.runAndAsk();
    const { signed } = stage.ucl;
    stage.configure();
    await dieAt('storeClientPair after', request);
    stage.configure();
    await dieAt('writePairing after', request);
    await stage.connect(request);
    expect(stage.ucl.signed - signed).toBe(1);
  });

  it('is not told to come too often where the third of an hour was made for it', async () => {
    await stage.beConnected();
    for (const token of ['one', 'two']) {
      expect((await stage.connect({ token })).events).toEqual(['renewed']);
      await stage.time.pass(minuteMs);
    }
    await dieAt('storeClientPair after', { token: 'three' });
    expect(await stage.connect({ token: 'three' })).toMatchObject({ events: [], maintenance: [] });
    expect((await stage.connect({ token: 'four' })).maintenance).toMatchObject([{ reason: 'RequestedTooOften' }]);
  });

  it('is carried out where the certificate was made for another request, or for none', async () => {
    await stage.beConnected();
    await dieAt('storeClientPair after', request);
    expect((await stage.connect({ token: 'another' })).events).toEqual(['renewed']);
    await stage.time.pass(60 * minuteMs);
    await dieAt('storeClientPair after', { isRenewalForced: true });
    expect((await stage.connect(request)).events).toEqual(['renewed']);
  });

  it('by the older field of the spec, which tells no request from another, is carried out again', async () => {
    await stage.beConnected();
    await dieAt('storeClientPair after', { isRenewalForced: true });
    expect((await stage.connect({ isRenewalForced: true })).events).toEqual(['renewed']);
  });

  it('is carried out where another pair is stored than the one that was made for it, as from a backup', async () => {
    const { link } = await stage.beConnected();
    await dieAt('storeClientPair after', request);
    stage.credentials.credential = link.credential;
    expect((await stage.connect(request)).events).toEqual(['renewed']);
  });

  it('is carried out where an agent that knows no requests has made a certificate since', async () => {
    await stage.beConnected();
    await dieAt('storeClientPair after', request);
    const { madeFor } = stage.credentials.pairing.state.present ?? {};
    const { link } = await stage.connect({ isRenewalForced: true });
    const { identity, addresses, certificate, credential } = link;
    const fingerprints = [certificate.fingerprint];
    const { certificatePem } = credential;
    const served = { kind: 'serves', identity, addresses, fingerprints, certificatePem } as const;
    const state = step(stage.credentials.pairing.state, served);
    if (state.at !== 'paired' || madeFor === undefined) throw new Error('The request is not named.');
    // It leaves the key that it does not know.
    stage.credentials.writeBySomebodyElse({ ...state, present: { ...state.present, madeFor } });
    stage.restart();
    expect((await stage.connect(request)).events).toEqual(['renewed']);
  });

  it('is named with the certificate of a renewal that was due when it came', async () => {
    await stage.beDue();
    stage.ucl.cut = failOn('fetchConfiguration', 'CompassUnreachable');
    await stage.connect();
    stage.ucl.cut = () => undefined;
    await dieAt('storeClientPair after', request);
    const { signed } = stage.ucl;
    await stage.connect(request);
    expect(stage.ucl.signed).toBe(signed);
  });
});
