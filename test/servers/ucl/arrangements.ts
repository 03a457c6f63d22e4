import { badGateway502, databaseDown, hydratorDown500 } from './fault-answers.ts';
import { recorded } from './recorded-landscape.ts';
import type { Ucl } from './start-ucl.ts';

/** What a test may do before it sends the recorded request. */
export interface Stage {
  ucl: Ucl;
  /** Moves the backend's clock. */
  advance(ms: number): void;
  /** The token that goes out in place of the recorded one; a fresh one of the recorded identity by default. */
  token: string;
  issueToken(): string;
  /** Sends `configuration` with a token, which uses that up. */
  useToken(token: string): Promise<void>;
  /** Sends a query over mTLS. */
  callOverMtls(path: 'connector' | 'director', query: string): Promise<void>;
  /** The fingerprint of the certificate in use. */
  fingerprint: string;
}

type Arrangement = (stage: Stage) => void | Promise<void>;

const minuteMs = 60_000;
const { runtimeId, basicApplicationId, basicBundleId, formationA, formationB } = recorded;

const instanceAuth = {
  credential: {
    oauth: { clientId: 'inst-client', clientSecret: 'inst-secret', url: 'https://oauth.example.test/instance' },
  },
};

const addInstanceAuths: Arrangement = ({ ucl: { landscape } }) => {
  landscape.addInstanceAuth(basicBundleId, runtimeId, { id: recorded.instanceAuthId, auth: instanceAuth });
  landscape.addInstanceAuth(recorded.oauthBundleId, recorded.otherRuntimeId, {
    auth: { credential: { basic: { username: 'other-rt', password: 'other-pass' } } },
  });
};

const withCondition =
  (condition: 'FAILED' | 'UNUSED'): Arrangement =>
  ({ ucl: { landscape } }) => {
    const auth = instanceAuth;
    landscape.addInstanceAuth(basicBundleId, runtimeId, { id: recorded.instanceAuthId, auth, condition });
  };

const addSecondInstanceAuth: Arrangement = ({ ucl: { landscape } }) => {
  landscape.addInstanceAuth(basicBundleId, runtimeId, { id: recorded.instanceAuthId, auth: instanceAuth });
  landscape.addInstanceAuth(basicBundleId, runtimeId, {
    id: recorded.secondInstanceAuthId,
    auth: { credential: { basic: { username: 'second', password: 'second' } } },
  });
};

const setLabels =
  (labels: Record<string, unknown>): Arrangement =>
  ({ ucl: { landscape } }) => {
    for (const [key, value] of Object.entries(labels)) landscape.setRuntimeLabel(runtimeId, key, value);
  };

const labelsAsSet = {
  ['k'.repeat(256)]: 'x',
  runtime_consoleUrl: 'https://console2.example.test',
  runtime_eventServiceUrl: 'https://gateway.example.test',
  some_num: 5,
  some_zero: 0,
};

const connect: Arrangement = ({ callOverMtls }) => callOverMtls('director', '{viewer{id}}');

const deregister: Arrangement = ({ ucl: { landscape } }) => landscape.unregisterRuntime(runtimeId);

const deleteSystemAuth: Arrangement = ({ ucl: { landscape } }) => landscape.deleteSystemAuth(recorded.systemAuthId);

const revoke: Arrangement = ({ ucl: { landscape }, fingerprint }) => landscape.revokeCertificate(fingerprint);

const useToken: Arrangement = (stage) => stage.useToken(stage.token);

const unassignDeleted: Arrangement = ({ ucl: { landscape } }) => {
  landscape.unassign(recorded.deletedApplicationId, 'APPLICATION', formationA.name);
};

const deleteOne = ({ ucl: { landscape } }: Stage): void => landscape.deleteApplication(recorded.deletedApplicationId);

const moveToB = (stage: Stage): void => {
  deleteOne(stage);
  stage.ucl.landscape.unassign(runtimeId, 'RUNTIME', formationA.name);
  stage.ucl.landscape.assign(runtimeId, 'RUNTIME', formationB.name);
};

const updateRuntime: Arrangement = async (stage) => {
  deleteOne(stage);
  const query = `mutation{updateRuntime(id:"${runtimeId}",in:{name:"runtime-one"}){id}}`;
  await stage.callOverMtls('director', query);
};

const addOddCharacters: Arrangement = ({ ucl: { landscape } }) => {
  const odd = 'odd \u007f character';
  const id = '548328aa-5e54-47ca-8cf8-433f150e2247';
  const api = {
    id: '094a6ba0-8d59-4759-88c5-3436e1dfda3e',
    name: 'Odd API',
    targetURL: 'https://odd.example.test',
    spec: { data: odd, type: 'OPEN_API', format: 'JSON' },
  };
  landscape.registerApplication({
    id,
    name: 'odd-app',
    bundles: [
      { id: '101b161e-aae9-465e-b220-ff486af7c10a', name: 'odd', instanceAuthRequestInputSchema: odd, apis: [api] },
    ],
  });
  landscape.assign(id, 'APPLICATION', formationA.name);
};

/** Changes the Items API of the recorded landscape. */
const changeItemsApi =
  (change: { visibility?: 'internal'; targetURL?: string }): Arrangement =>
  ({ ucl: { landscape } }) => {
    const bundles = landscape.application(basicApplicationId).bundles.map((bundle) => ({
      ...bundle,
      apis: bundle.apis.map((api) => (api.id === recorded.itemsApiId ? { ...api, ...change } : api)),
    }));
    landscape.updateApplication(basicApplicationId, { bundles });
  };

const hide: Arrangement = (stage) => {
  deleteOne(stage);
  stage.ucl.landscape.application(recorded.oauthApplicationId).labels.hidden = 'true';
};

const fault =
  (
    on: 'connector-token' | 'connector-mtls' | 'director',
    effect: Parameters<Ucl['faults']['add']>[0]['effect'],
  ): Arrangement =>
  ({ ucl: { faults } }) => {
    faults.add({ on, effect });
  };

/** By the name of the recording: how the backend came to the state in which the answer was recorded. */
export const arrangements: Record<string, Arrangement> = {
  '07-applications-for-runtime-after-instance-auth': addInstanceAuths,
  '08-bundle-by-id-not-overridden': addInstanceAuths,
  '21-applications-for-runtime-normalized-bool': setLabels({ isNormalized: true }),
  '21-applications-for-runtime-not-normalized': setLabels({ isNormalized: 'false' }),
  '22-delete-runtime-label': setLabels({ some_obj: { a: [1, 2] } }),
  '23-runtime-labels-after': setLabels({ ...labelsAsSet, useBundles: 'true' }),
  '37-use-bundles-label': async (stage) => {
    await setLabels(labelsAsSet)(stage);
    await stage.callOverMtls('director', '{viewer{id} # bundle\n}');
  },
  '40-runtime-status-after-connect': async (stage) => {
    await connect(stage);
    await setLabels({ ...labelsAsSet, useBundles: 'true' })(stage);
  },
  '41-token-createdAt-59min': ({ advance }) => advance(59 * minuteMs),
  '41-token-createdAt-61min': ({ advance }) => advance(61 * minuteMs),
  '42-first-mtls-use-pending-token': async (stage) => {
    const { landscape } = stage.ucl;
    await connect(stage);
    landscape.addSystemAuth(runtimeId, recorded.secondSystemAuthId);
    stage.token = landscape.requestOneTimeToken(runtimeId, recorded.secondSystemAuthId).token;
  },
  '43-delete-system-auth': ({ ucl: { landscape } }) => landscape.addSystemAuth(runtimeId, recorded.secondSystemAuthId),
  '43-deleted-system-auth-connector': deleteSystemAuth,
  '43-deleted-system-auth-director': deleteSystemAuth,
  '43-deleted-system-auth-viewer': deleteSystemAuth,
  '45-application-after-delete': deleteOne,
  '45-application-after-unassign': unassignDeleted,
  '45-delete-app': unassignDeleted,
  '46-application-of-left-formation': moveToB,
  '46-empty-formation': (stage) => {
    moveToB(stage);
    stage.ucl.landscape.unassign(recorded.unsharedApplicationId, 'APPLICATION', formationB.name);
  },
  '46-no-formation': ({ ucl: { landscape } }) => {
    landscape.unassign(runtimeId, 'RUNTIME', formationA.name);
  },
  '46-only-b': moveToB,
  '46-restored': async (stage) => {
    moveToB(stage);
    stage.ucl.landscape.unassign(runtimeId, 'RUNTIME', formationB.name);
    stage.ucl.landscape.assign(runtimeId, 'RUNTIME', formationA.name);
  },
  '47-deregistered-connector': deregister,
  '47-deregistered-director-apps': deregister,
  '47-deregistered-director-viewer': deregister,
  '47-deregistered-token': deregister,
  '47-unregister-runtime': ({ ucl: { landscape } }) => {
    landscape.registerRuntime({ id: recorded.deregisteredRuntimeId });
  },
  '51-configuration-token-invalid': (stage) => {
    stage.token = 'invented';
  },
  '51-configuration-token-reused': useToken,
  '52-sign-csr-token-reused': useToken,
  '56-token-burnt-by-bad-csr-retry': useToken,
  '58-configuration-mtls-kills-pending-token': ({ callOverMtls }) =>
    callOverMtls('connector', '{configuration{token{token}}}'),
  '58-configuration-token-wrong-tenant-retry': useToken,
  '63-revoked-connector-configuration': revoke,
  '63-revoked-connector-revoke': revoke,
  '63-revoked-connector-sign': revoke,
  '63-revoked-director-apps': revoke,
  '63-revoked-director-label': revoke,
  '63-revoked-director-runtime': revoke,
  '63-revoked-director-viewer': revoke,
  '70-instance-auth-status-failed': withCondition('FAILED'),
  '70-instance-auth-status-unused': withCondition('UNUSED'),
  '71-delete-second': addSecondInstanceAuth,
  '71-two-instance-auths': addSecondInstanceAuth,
  '72-update-runtime-then-application': updateRuntime,
  '72-update-runtime-then-applications': updateRuntime,
  '72-update-runtime-then-labels': async (stage) => {
    await updateRuntime(stage);
    await stage.callOverMtls('director', '{viewer{id} # bundle\n}');
  },
  '73-odd-chars-list': addOddCharacters,
  '73-odd-chars-not-selected': addOddCharacters,
  '73-odd-chars-schema': addOddCharacters,
  '73-odd-chars-spec': addOddCharacters,
  '75-internal-visibility': changeItemsApi({ visibility: 'internal' }),
  '75-internal-visibility-apidefinition': changeItemsApi({ visibility: 'internal' }),
  '75-multi-target-no-default': changeItemsApi({ targetURL: '' }),
  '76-apis-internal': changeItemsApi({ visibility: 'internal' }),
  '76-apis-of-unassigned-application': ({ ucl: { landscape } }) => {
    landscape.unassign(basicApplicationId, 'APPLICATION', formationA.name);
  },
  '76-hidden-application-by-id': hide,
  '76-hidden-application-list': hide,
  '80-connector-down-connector-mtls': fault('connector-mtls', badGateway502()),
  '80-connector-down-connector-token': fault('connector-token', badGateway502()),
  '80-connector-down-director-apps': deleteOne,
  '80-database-down-connector-mtls': fault('connector-mtls', databaseDown()),
  '80-database-down-connector-token': fault('connector-token', databaseDown()),
  '80-database-down-connector-token-after': async (stage) => {
    await fault('connector-token', databaseDown())(stage);
    await stage.useToken(stage.token);
  },
  '80-database-down-director-apps': fault('director', databaseDown()),
  '80-database-down-viewer': fault('director', databaseDown()),
  '80-director-down-connector-mtls': fault('connector-mtls', databaseDown()),
  '80-director-down-director-apps': fault('director', badGateway502()),
  '80-hydrator-down-connector-mtls': fault('connector-mtls', hydratorDown500()),
  '80-hydrator-down-connector-token': fault('connector-token', hydratorDown500()),
  '80-hydrator-down-director-apps': fault('director', hydratorDown500()),
};
