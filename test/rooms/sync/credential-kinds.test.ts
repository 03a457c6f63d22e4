import { beforeEach, describe, expect, it } from 'vitest';
import { credentialKinds, fieldsOf } from '../../../agent/domain/credential-kinds.ts';
import type { Credential, LandscapeApplication } from '../../../agent/domain/landscape.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, anAuth, aSystem } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
const signal = new AbortController().signal;
const toBase64 = (text: string) => Buffer.from(text).toString('base64');

/** A credential of that kind, each of its fields with a value of its own. */
function aCredential(typename: string, changes: Record<string, string> = {}): Credential {
  const rules = credentialKinds.get(typename);
  if (rules === undefined) return { typename, fields: {} };
  const fields = Object.fromEntries(fieldsOf(rules).map((field) => [field, `${typename}-${field}`]));
  return { typename, fields: { ...fields, ...changes } };
}

function systemWith(credential: Credential): LandscapeApplication {
  return aSystem('mp-shop', { bundles: [aBundle('Orders', { auth: anAuth(credential) })] });
}

/** What the plan would write for that credential, in a few words. */
function because(credential: Credential, cluster: InMemoryCluster): readonly string[] {
  const { actions } = planSync(aLandscape([systemWith(credential)]), cluster.snapshot(), policy);
  return actions.flatMap((action) => action.because);
}

async function converge(credential: Credential, cluster: InMemoryCluster): Promise<void> {
  const { actions } = planSync(aLandscape([systemWith(credential)]), cluster.snapshot(), policy);
  await applyActions(actions, cluster, { concurrency: 1, signal });
  expect(because(credential, cluster)).toEqual([]);
}

function onlySecret(cluster: InMemoryCluster) {
  const [secret] = cluster.secrets.values();
  if (secret === undefined || cluster.secrets.size > 1) throw new Error('There is no Secret, or more than one.');
  return secret;
}

describe.each([...credentialKinds])('a credential of type %s', (typename, rules) => {
  let cluster: InMemoryCluster;

  beforeEach(async () => {
    cluster = new InMemoryCluster();
    await converge(aCredential(typename), cluster);
  });

  it('stands in a Secret under its keys, and the Application says its gateway type', () => {
    const expected = Object.entries(rules.secretKeys).map(([key, field]) => [key, toBase64(`${typename}-${field}`)]);
    expect(onlySecret(cluster).data).toEqual(Object.fromEntries(expected));
    const [application] = cluster.applications.values();
    expect(application?.spec.services?.[0]?.entries[0]?.credentials).toEqual({
      type: rules.gatewayType,
      secretName: onlySecret(cluster).metadata.name,
      ...(rules.authenticationUrl === undefined ? {} : { authenticationUrl: `${typename}-${rules.authenticationUrl}` }),
    });
  });

  it.each(Object.entries(rules.secretKeys))('is written again when UCL has another value for %s', (_key, field) => {
    expect(because(aCredential(typename, { [field]: 'another' }), cluster)).toEqual([
      `Secret ${onlySecret(cluster).metadata.name}: data`,
    ]);
  });

  it.each(Object.keys(rules.secretKeys))('is put back when somebody changes %s in the Secret, or removes it', (key) => {
    const { metadata, data } = onlySecret(cluster);
    for (const spoilt of [toBase64('changed'), undefined]) {
      const { [key]: _value, ...others } = { ...data };
      const edited = spoilt === undefined ? others : { ...others, [key]: spoilt };
      cluster.secrets.set(metadata.name, { ...onlySecret(cluster), data: edited });
      expect(because(aCredential(typename), cluster)).toEqual([`Secret ${metadata.name}: data`]);
    }
  });

  const addresses = rules.authenticationUrl === undefined ? [] : [rules.authenticationUrl];
  it.each(addresses)('changes the Application when UCL has another %s', (field) => {
    expect(because(aCredential(typename, { [field]: 'https://another.example.test' }), cluster)).toEqual(['services']);
  });

  it.each(Object.entries(rules.secretKeys))('with an empty %s is a failure, and no reference', (key, field) => {
    const landscape = aLandscape([systemWith(aCredential(typename, { [field]: '' }))]);
    const { actions, failures } = planSync(landscape, { applications: [], secrets: [] }, policy);
    expect(failures).toMatchObject([{ reason: 'EmptyCredential', message: expect.stringContaining(`empty ${key};`) }]);
    expect(actions.flatMap(({ steps }) => steps.map((step) => step.do))).toEqual(['create-application']);
  });

  const others = [...credentialKinds.keys()].filter((other) => other !== typename);
  it.each(others)(
    'leaves no key behind when the bundle has one of type %s instead, but what others added',
    async (other) => {
      const { metadata, data } = onlySecret(cluster);
      cluster.secrets.set(metadata.name, { ...onlySecret(cluster), data: { ...data, 'added-by-hand': 'eA==' } });
      await converge(aCredential(other), cluster);
      const keys = Object.keys(credentialKinds.get(other)?.secretKeys ?? {});
      expect(Object.keys(onlySecret(cluster).data ?? {}).sort()).toEqual([...keys, 'added-by-hand'].sort());
    },
  );
});
