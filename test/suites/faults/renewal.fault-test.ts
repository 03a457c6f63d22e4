import { describe, expect, it } from 'vitest';
import {
  expiredCertificate,
  otherKeyCertificate,
  otherSubjectCertificate,
  rubbishCertificate,
} from '../../servers/ucl/fault-answers.ts';
import type { FaultEffect } from '../../servers/ucl/faults.ts';
import { useFaultStage } from './use-fault-stage.ts';

const always = Number.POSITIVE_INFINITY;

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

  const answerBadly = async (scenario: string, effects: readonly FaultEffect[]) => {
    const trial = await faults.begin(scenario);
    const pair = await storedPair();
    let hits = 0;
    for (const effect of effects) {
      const operation = 'signCertificateSigningRequest';
      const fault = stage.ucl.faults.add({ on: 'connector-mtls', operation, times: always, effect });
      await wish();
      await stage.until('UCL has signed', () => fault.hits > 0);
      await trial.isLogged('CertificateRejected');
      await renewed();
      stage.addSystems([`Late ${wishes}`]);
      await trial.follows();
      if ((await storedPair())?.crt !== pair?.crt) trial.lose('the pair');
      hits += fault.hits;
      fault.remove();
    }
    const heal = async () => {
      await wish();
      await renewed();
    };
    // One for each wish. There are three renewals an hour at most.
    await trial.recovers(`${hits} bad answers`, heal, { signings: effects.length + 1 });
    expect((await storedPair())?.crt).not.toBe(pair?.crt);
  };

  it('answered with dates that are over, or for another key, keeps the old pair', () =>
    answerBadly('A renewal is answered with a certificate that is over, or for another key', [
      expiredCertificate(stage.ucl),
      otherKeyCertificate(stage.ucl),
    ]));

  it('answered for another subject, or with rubbish, keeps the old pair', () =>
    answerBadly('A renewal is answered with a certificate for another subject, or with rubbish', [
      otherSubjectCertificate(stage.ucl),
      rubbishCertificate(),
    ]));
});
