import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  expiredCertificate,
  otherKeyCertificate,
  otherSubjectCertificate,
  rubbishCertificate,
} from '../../servers/ucl/fault-answers.ts';
import { useFaultStage } from './use-fault-stage.ts';

const always = Number.POSITIVE_INFINITY;
const renewals = 100;

describe('A renewal', () => {
  const faults = useFaultStage();
  const { stage } = faults;
  let wishes = 0;

  const wish = async () => {
    wishes += 1;
    await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': `wish ${wishes}` });
  };
  const renewed = () =>
    stage.connection('echoes the wish', ({ status }) => status?.lastHandledRenewRequest === `wish ${wishes}`);
  const storedPair = async () => (await stage.kube.secret('cluster-client-certificates'))?.data;

  it('answered with a bad certificate keeps the old pair', async () => {
    const trial = await faults.begin('A renewal is answered with a bad certificate');
    const pair = await storedPair();
    const { ucl } = stage;
    const effects = [
      expiredCertificate(ucl),
      otherKeyCertificate(ucl),
      otherSubjectCertificate(ucl),
      rubbishCertificate(),
    ];
    let hits = 0;
    for (const effect of [...effects, ...effects, ...effects]) {
      const operation = 'signCertificateSigningRequest';
      const fault = ucl.faults.add({ on: 'connector-mtls', operation, times: always, effect });
      await wish();
      await stage.until('UCL has signed', () => fault.hits > 0);
      await renewed();
      stage.addSystems([`Late ${wishes}`]);
      await trial.follows();
      if ((await storedPair())?.crt !== pair?.crt) trial.lose(`the pair, after answer ${wishes}`);
      hits += fault.hits;
      fault.remove();
    }
    const heal = async () => {
      await wish();
      await renewed();
    };
    // One for each wish, and the good one.
    await trial.recovers(`${hits} bad answers`, heal, { signings: 3 * effects.length + 1 });
    expect((await storedPair())?.crt).not.toBe(pair?.crt);
  });

  it('a hundred times, under load, fails no request', async () => {
    const trial = await faults.begin('A hundred renewals under load');
    const fingerprints = new Set<string>();
    for (let count = 1; count <= renewals; count += 1) {
      await wish();
      await stage.requestSync();
      await renewed();
      fingerprints.add(new X509Certificate((await storedPair())?.crt ?? '').fingerprint256);
    }
    const failed = stage.ucl.requests.all().filter(({ status }) => status !== 200);
    for (const { operation, status } of failed) trial.lose(`${operation} was answered with ${status}`);
    if (fingerprints.size !== renewals) trial.lose(`${fingerprints.size} certificates of ${renewals}`);
    const open = faults.ways.toMtls.connections();
    if (open > 4) trial.lose(`${open} connections to UCL are open`);
    await trial.recovers(`${renewals} renewals`, () => undefined, { signings: renewals });
    const last = (await storedPair())?.crt ?? '';
    stage.forgetRequests();
    await stage.sync();
    const used = stage.ucl.requests.all().map(({ clientCertificateFingerprint }) => clientCertificateFingerprint);
    const expected = new X509Certificate(last).fingerprint256.replaceAll(':', '').toLowerCase();
    expect(new Set(used)).toEqual(new Set([expected]));
  });
});
