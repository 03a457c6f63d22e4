import { describe, expect, it } from 'vitest';
import type { OwnerReference, SecretResource } from '../../../agent/domain/resources.ts';
import { isApplicationOwner, isOurSecret, ownerOf } from '../../../agent/sync/ownership.ts';

const apiVersion = 'applicationconnector.kyma-project.io/v1alpha1';
const owner: OwnerReference = { apiVersion, kind: 'Application', name: 'mp-one', uid: 'uid-1' };
const others = [
  { ...owner, kind: 'ApplicationMapping' },
  { ...owner, apiVersion: 'app.k8s.io/v1beta1' },
];
const labels = { app: 'mp-one', bundleId: 'bundle-1' };
const secret = (ownerReferences: OwnerReference[], present: Record<string, string> = labels): SecretResource => ({
  ...{ apiVersion: 'v1', kind: 'Secret' },
  metadata: { name: 'mp-one-bundle-1', labels: present, ownerReferences },
});
const isOurs = (one: SecretResource) =>
  isOurSecret(one, { labels, ourUids: new Set(['uid-1']), livingUids: new Set(['uid-1', 'uid-2']) });

describe('the owner of a Secret', () => {
  it('is an Application of Kyma, and no object of another kind or group', () => {
    expect(isApplicationOwner(owner)).toBe(true);
    expect(others.map(isApplicationOwner)).toEqual([false, false]);
    expect(ownerOf(secret([...others, owner]))).toBe('mp-one');
    expect(ownerOf(secret(others))).toBeUndefined();
  });

  it('is nobody of ours where one of our labels is missing', () => {
    expect(ownerOf(secret([owner], { app: 'mp-one' }))).toBeUndefined();
    expect(ownerOf(secret([owner], { bundleId: 'bundle-1' }))).toBeUndefined();
  });
});

describe('a Secret of a planned name', () => {
  it('is ours by the uid of its owner, or by both labels where no other owner lives', () => {
    expect(isOurs(secret([owner], {}))).toBe(true);
    expect(isOurs(secret([]))).toBe(true);
    expect(isOurs(secret([{ ...owner, uid: 'uid-gone' }]))).toBe(true);
    expect(isOurs(secret([{ ...owner, uid: 'uid-2' }]))).toBe(false);
    expect(isOurs(secret([], { app: 'mp-one', bundleId: 'other' }))).toBe(false);
  });

  it('stays with an owner of another kind, which cannot be looked up', () => {
    expect(others.map((other) => isOurs(secret([{ ...other, uid: 'uid-gone' }])))).toEqual([false, false]);
  });
});
