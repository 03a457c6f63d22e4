import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLandscapePage } from '../../../agent/compass/parse-director.ts';
import type { Landscape, LandscapeApplication } from '../../../agent/domain/landscape.ts';
import type { ApplicationResource, SecretResource } from '../../../agent/domain/resources.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';

/**
 * One real run of the Go agent: what the Director answered (landscape.json) and what the agent left in the cluster
 * (objects.json). A faithful conversion turns the first into the second.
 */

const policy = aPolicy({
  centralGatewayServiceUrl: 'http://central-application-gateway.kyma-system.svc.cluster.local:8082',
});

interface Recorded {
  answer: { data: object };
  runtime: { data: { runtime: { id: string } } };
}

function readRecording<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../data/recordings/go-agent/${name}`, import.meta.url), 'utf8'));
}

function recordedLandscape(): Landscape {
  const { answer, runtime } = readRecording<Recorded>('landscape.json');
  const viewer = { id: runtime.data.runtime.id, type: 'RUNTIME' };
  const page = parseLandscapePage({ viewer, ...runtime.data, ...answer.data }, true);
  if (!page.ok) throw new Error(page.problem);
  const { runtimeLabels = {}, applications } = page.value;
  const systems = applications.items.map(({ id, name, content }): LandscapeApplication => {
    if (!content.ok) throw new Error(content.problem);
    if ('known' in content) throw new Error('There was no read before.');
    const bundles = content.value.bundles.items.map((bundle) => ({
      ...bundle,
      apiDefinitions: bundle.apiDefinitions.items,
      eventDefinitions: bundle.eventDefinitions.items,
    }));
    return { ...content.value, id, name, bundles };
  });
  return { applications: systems, gaps: [], runtimeLabels };
}

function recordedObjects() {
  const { items } = readRecording<{ items: (ApplicationResource | SecretResource)[] }>('objects.json');
  const applications = items.filter((item): item is ApplicationResource => item.kind === 'Application');
  const secrets = items.filter(
    (item): item is SecretResource => item.kind === 'Secret' && item.metadata.labels?.bundleId !== undefined,
  );
  return { applications, secrets };
}

describe('an installation of the Go agent', () => {
  const landscape = recordedLandscape();
  const objects = recordedObjects();

  it('is taken over without a write to any Application or Secret', () => {
    expect(objects.applications).toHaveLength(6);
    expect(objects.secrets).toHaveLength(4);
    expect(planSync(landscape, objects, policy).actions).toEqual([]);
  });

  it('names the three systems that the Go agent called Synchronized in silence', () => {
    const { failures } = planSync(landscape, objects, policy);
    expect(failures.map(({ name, reason }) => [name, reason])).toEqual([
      // Deliberate difference 1: the API server refuses this name, and the failure is said.
      ['mp-system-number-app-Sys_0000.123', 'InvalidName'],
      // Deliberate difference 3: two APIs of one bundle have the same name, and the gateway serves neither.
      ['mp-basic-app', 'UnservableAddress'],
      // Deliberate difference 2: a credential kind that the gateway cannot use is said.
      ['mp-n-c-d-shop-q-tag', 'UnsupportedCredential'],
    ]);
  });

  it('comes out the same, field by field, when it is written into an empty cluster', () => {
    const { actions } = planSync(landscape, { applications: [], secrets: [] }, policy);
    const steps = actions.flatMap((action) => action.steps);
    const applications = steps.flatMap((step) => (step.do === 'create-application' ? [step.manifest] : []));
    expect(
      applications.map(({ metadata: { name, labels }, spec, status }) => ({ name, labels, spec, status })),
    ).toEqual(
      objects.applications.map(({ metadata: { name, labels }, spec, status }) => ({ name, labels, spec, status })),
    );
    const secrets = steps.flatMap((step) => (step.do === 'create-secret' ? [step.manifest] : []));
    expect(secrets.map(toComparableSecret).sort(byName)).toEqual(objects.secrets.map(toComparableSecret).sort(byName));
  });
});

/** Without what the API server adds; the owner's uid is filled in on creation. */
function toComparableSecret({ metadata, data, type }: SecretResource) {
  const { name, namespace, labels, ownerReferences } = metadata;
  const plain = Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  const owners = ownerReferences?.map(({ apiVersion, kind, name: owner }) => ({ apiVersion, kind, owner }));
  return { name, namespace, labels, owners, type, data: Object.fromEntries(plain) };
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
