import { expect, test } from 'vitest';
import { readLink } from '../../../agent/connection/read-link.ts';
import { unpaired } from '../../data/builders/pairing-states.ts';
import { beforeEachStage, type ConnectionStage } from './create-stage.ts';

let stage: ConnectionStage;
beforeEachStage((fresh) => {
  stage = fresh;
});

function read(managementInfo = stage.managementInfo, trustedHosts: string[] = []) {
  const { configuration, credentials, time, secrets } = stage;
  const registerSecret = (secret: string) => void secrets.push(secret);
  return readLink(
    managementInfo,
    { configuration, credentials, trustedHosts, time, registerSecret },
    stage.abort.signal,
  );
}

/** Whoever only looks writes nothing, and shows neither token nor certificate to UCL. */
function expectUntouched() {
  expect(stage.credentials.calls).toEqual(['readClientPair', 'readPairing']);
  expect([stage.ucl.presented, stage.directors.proven, stage.connectors.looks]).toEqual([[], [], 0]);
}

test('is the link of the running agent', async () => {
  const { link } = await stage.beConnected();
  expect(await read()).toEqual(link);
  expectUntouched();
});

test('is what the next run would prove, where somebody lost the CompassConnection', async () => {
  const { link } = await stage.beConnected();
  expect(await read(undefined)).toEqual(link);
  expectUntouched();
});

test('registers token and key before anything can be logged', async () => {
  const { token, link } = await stage.beConnected();
  stage.secrets.length = 0;
  await read();
  expect(stage.secrets).toEqual([token, link.credential.privateKeyPem]);
});

test('is none where the next run would spend a token, which is not touched', async () => {
  stage.configure();
  await expect(read()).rejects.toMatchObject({ reason: 'CertificateMissing' });
  expectUntouched();
});

test('leads to no address that only the CompassConnection names', async () => {
  await stage.beConnected();
  stage.credentials.writeBySomebodyElse(unpaired);
  const foreign = 'https://director.evil.example.test/graphql';
  await expect(read({ directorUrl: foreign, connectorUrl: foreign })).rejects.toMatchObject({
    reason: 'AddressNotTrusted',
  });
});
