import { describe, expect, it } from 'vitest';
import { neverAborted, type PairedUcl, usePairedUcl } from './use-paired-ucl.ts';

let ucl: PairedUcl;

usePairedUcl((paired) => {
  ucl = paired;
});

describe('the identity', () => {
  it('of another runtime of the tenant is RuntimeMismatch, though Director would answer', async () => {
    const other = ucl.landscape.registerRuntime({ name: 'other' });
    const director = ucl.director({ runtimeId: other.id });
    await expect(director.readLandscape(neverAborted)).rejects.toMatchObject({
      reason: 'RuntimeMismatch',
      next: 'wait',
    });
    await expect(director.proveIdentity(neverAborted)).rejects.toMatchObject({ reason: 'RuntimeMismatch' });
  });

  it.each(['00000000-1111-4000-8000-000000000000', 'no-uuid'])(
    '%s, which Director does not know, is RuntimeMismatch',
    async (id) => {
      const director = ucl.director({ runtimeId: id });
      await expect(director.readLandscape(neverAborted)).rejects.toMatchObject({ reason: 'RuntimeMismatch' });
    },
  );

  it('of a tenant that Compass does not know for the certificate is CompassRefused, and the remedy names TENANT', async () => {
    const tenant = '1eba80dd-8ff6-54ee-be4d-77944d17b10b';
    ucl.landscape.registerRuntime({ name: 'elsewhere', tenantId: tenant });
    await expect(ucl.director({ tenant }).proveIdentity(neverAborted)).rejects.toMatchObject({
      reason: 'CompassRefused',
      next: 'wait',
      remedy: expect.stringContaining('TENANT'),
      details: { status: 400, code: 25 },
    });
  });

  it('is proven by one request', async () => {
    await ucl.director().proveIdentity(neverAborted);
    expect(ucl.requests.count()).toBe(1);
  });
});

describe('labels of the runtime', () => {
  it('are set in the Director', async () => {
    await ucl.director().setRuntimeLabel('runtime_consoleUrl', 'https://console.example.test', neverAborted);
    expect(ucl.landscape.runtimeLabels(ucl.runtimeId)).toMatchObject({
      runtime_consoleUrl: 'https://console.example.test',
    });
  });

  it('that Compass refuses are InvalidAnswer', async () => {
    const refused = ucl.director().setRuntimeLabel('not-a-key', 'value', neverAborted);
    await expect(refused).rejects.toMatchObject({ reason: 'InvalidAnswer', details: { code: 22 } });
  });
});
