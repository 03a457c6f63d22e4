import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import { installAsGoAgent } from './go-agent-installation.ts';
import { type Door, openDoor } from './open-door.ts';
import { conditionOf, useStage } from './start-stage.ts';

describe('where the client certificate goes', () => {
  const stage = useStage();
  let door: Door;

  beforeEach(async () => {
    door = await openDoor(stage.ucl.directorUrl);
  });
  afterEach(() => door.close());

  it.each([
    ['another server', 'https:'],
    ['another server without TLS', 'http:'],
  ])('is not for those to say who may edit the CompassConnection: %s', async (_, protocol) => {
    await stage.connect(['Alpha']);
    const authority = (await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert;
    await showAddresses(door, protocol);
    await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': 'now' });
    await stage.connection('echoes', ({ status }) => status?.lastHandledRenewRequest === 'now');
    await stage.connection('shows the addresses of UCL again', showsUcl);
    await stage.sync();
    expect(door.count).toBe(0);
    expect((await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert).toBe(authority);
  });

  it('is not for them to say after a restart either, nor when the record of the pairing is lost', async () => {
    const { agent } = await stage.connect(['Alpha']);
    await agent.stop();
    await showAddresses(door);
    const second = stage.startAgent();
    await stage.connection('shows the addresses of UCL again', showsUcl);
    await stage.sync();
    await second.stop();
    await stage.kube.remove('/api/v1/namespaces/kyma-system/secrets/ucl-agent-pairing');
    await showAddresses(door);
    stage.startAgent();
    await stage.condition('Connected', 'False/AddressNotTrusted');
    expect(door.count).toBe(0);
  });

  it('is nowhere when an installation that is taken over leads out of the landscape, unless a person trusts the host', async () => {
    const { identity } = await installAsGoAgent(stage, 'ours');
    await showAddresses(door);
    stage.forgetRequests();
    const agent = stage.startAgent();
    const refused = await stage.condition('Connected', 'False/AddressNotTrusted');
    expect(conditionOf(refused, 'Stalled')).toBe('True/AddressNotTrusted');
    const { message = '' } = refused.status?.conditions.find(({ type }) => type === 'Connected') ?? {};
    expect(message).toContain('localhost');
    expect(message).toContain('APP_COMPASS_TRUSTED_HOSTS');
    await stage.sync();
    expect([door.count, stage.ucl.requests.count()]).toEqual([0, 0]);
    await agent.stop();

    stage.startAgent({ APP_COMPASS_TRUSTED_HOSTS: 'example.test,LOCALHOST' });
    await stage.condition('Connected', 'True/Connected');
    expect(door.count).toBeGreaterThan(0);
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.crt).toBe(identity.clientCertificate);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
  });

  it('is where a new token leads, without a human touching the CompassConnection', async () => {
    const { runtimeId } = await installAsGoAgent(stage, 'ours');
    await showAddresses(door);
    stage.startAgent();
    await stage.condition('Connected', 'False/AddressNotTrusted');
    await stage.configure(runtimeId);
    await stage.condition('Connected', 'True/Connected');
    await stage.connection('shows the addresses of UCL', showsUcl);
    expect(door.count).toBe(0);
  });

  it('follows a Director that moved, by the word of the Connector that is known', async () => {
    const { managementPlane } = stage.ucl;
    const former = managementPlane.directorURL;
    const oldDoor = await openDoor(former, '127.0.0.1');
    try {
      managementPlane.directorURL = oldDoor.through(former);
      await stage.connect(['Alpha']);
      expect(stage.ucl.requests.count({ endpoint: 'connector-mtls' })).toBe(0);
    } finally {
      await oldDoor.close();
      managementPlane.directorURL = former;
    }
    stage.addSystems(['Beta']);
    await stage.requestSync();
    await stage.applications(['mp-alpha', 'mp-beta']);
    await stage.connection('shows the new address', showsUcl);
    expect(stage.ucl.requests.count({ endpoint: 'connector-mtls', operation: 'configuration' })).toBe(1);
    await stage.events(['AddressesChanged']);
  });

  async function showAddresses({ through }: Door, protocol = 'https:'): Promise<void> {
    const shown = (url: string) => through(url).replace('https:', protocol);
    const managementInfo = {
      directorUrl: shown(stage.ucl.directorUrl),
      connectorUrl: shown(stage.ucl.securedConnectorUrl),
    };
    await stage.kube.patch(`${connectionPath}/compass-connection`, { spec: { managementInfo } });
  }

  function showsUcl({ spec }: { spec: { managementInfo: { directorUrl: string } } }): boolean {
    return spec.managementInfo.directorUrl === stage.ucl.directorUrl;
  }
});
