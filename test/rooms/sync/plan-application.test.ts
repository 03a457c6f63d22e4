import { describe, expect, it } from 'vitest';
import type { LandscapeApplication } from '../../../agent/domain/landscape.ts';
import type { ApplicationResource } from '../../../agent/domain/resources.ts';
import {
  findChangedFields,
  hasAllOf,
  listChangedFields,
  toNewApplication,
  toUpdatedApplication,
} from '../../../agent/sync/plan-application.ts';
import { toDesiredSystem } from '../../../agent/sync/to-desired-system.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, anApi, aSystem } from '../../data/builders/landscape.ts';

const label = 'applicationconnector.kyma-project.io/managed-by';
const desire = (system: LandscapeApplication) => toDesiredSystem(system, system.name, aPolicy());
const make = (system: LandscapeApplication, former?: ApplicationResource) =>
  toNewApplication(desire(system), aPolicy(), former);
const shop = (...apis: string[]) =>
  aSystem('mp-shop', { bundles: [aBundle('Orders', { apiDefinitions: apis.map((name) => anApi(name)) })] });
const withLabels = (application: ApplicationResource, labels: Record<string, string>) => ({
  ...application,
  metadata: { ...application.metadata, labels },
});

describe('the label by which an Application is known as ours', () => {
  const whole = make(shop());
  const bare = withLabels(whole, { mine: 'yes' });

  it('is put back where it is missing, beside what others set', () => {
    expect(toUpdatedApplication(whole, desire(shop()))).toBeUndefined();
    const update = toUpdatedApplication(bare, desire(shop()));
    expect(update).toMatchObject({
      because: ['managed-by label'],
      resource: { metadata: { labels: { mine: 'yes', [label]: 'compass-runtime-agent' } } },
      change: { fields: [['metadata', 'labels', label]], isAddition: false },
    });
  });

  it('is part of what is compared', () => {
    expect(findChangedFields(whole, bare)).toEqual([['metadata', 'labels', label]]);
    expect(listChangedFields(whole, bare)).toEqual([['metadata', 'labels', label]]);
    expect([hasAllOf(whole, bare), hasAllOf(whole, withLabels(whole, { [label]: 'other' }))]).toEqual([false, false]);
    expect(hasAllOf(whole, withLabels(whole, { ...whole.metadata.labels, more: 'yes' }))).toBe(true);
  });
});

it('gives an Application of a new name the annotations and labels that others set on the former one', () => {
  const former = withLabels(make(shop()), { mine: 'yes' });
  const annotated = { ...former, metadata: { ...former.metadata, annotations: { note: 'keep' } } };
  const { metadata } = make({ ...shop(), name: 'mp-store' }, annotated);
  expect(metadata).toMatchObject({ annotations: { note: 'keep' }, labels: { mine: 'yes' } });
  expect(make({ ...shop(), name: 'mp-store' }, former).metadata).not.toHaveProperty('annotations');
});

describe('the order of what UCL names', () => {
  it('is the stored one for entries that are there, with new ones behind', () => {
    const stored = make(shop('one', 'two'));
    expect(toUpdatedApplication(stored, desire(shop('two', 'one')))).toBeUndefined();
    const update = toUpdatedApplication(stored, desire(shop('three', 'two', 'one')));
    const names = update?.resource.spec.services?.[0]?.entries.map(({ name }) => name);
    expect(names).toEqual(['one', 'two', 'three']);
  });
});
