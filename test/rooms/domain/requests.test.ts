import { describe, expect, it } from 'vitest';
import { isSuspended } from '../../../agent/domain/is-suspended.ts';
import { readApprovedIds } from '../../../agent/domain/read-approved-ids.ts';
import { toRequestToken } from '../../../agent/domain/to-request-token.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';

const withAnnotation = (name: string, value: string) =>
  aConnection({ metadata: { annotations: { [`compass.kyma-project.io/${name}`]: value } } });

describe('what people ask for on the CompassConnection', () => {
  it.each([
    ['abc', ['abc']],
    [' abc , def ', ['abc', 'def']],
    [',abc,,', ['abc']],
    [' ', []],
  ])('the approval %j names %j', (text, ids) => {
    expect(readApprovedIds(withAnnotation('prune-approved', text))).toEqual(ids);
  });

  it('approves nothing where there is no annotation', () => {
    expect(readApprovedIds(aConnection())).toEqual([]);
  });

  it('is a suspension by the field or the annotation', () => {
    expect(isSuspended(aConnection())).toBe(false);
    expect(isSuspended(aConnection({ spec: { suspend: true } }))).toBe(true);
    expect(isSuspended(withAnnotation('suspend', 'true'))).toBe(true);
    expect(isSuspended(withAnnotation('suspend', 'yes'))).toBe(false);
  });

  it('is compared by the token itself up to 256 characters, and then by its beginning and a hash', () => {
    expect(toRequestToken('x'.repeat(256))).toBe('x'.repeat(256));
    const [one, other] = ['x'.repeat(257), `${'x'.repeat(256)}y`].map(toRequestToken);
    expect(one).toMatch(/^x{191}-[0-9a-f]{64}$/);
    expect(other).toMatch(/^x{191}-[0-9a-f]{64}$/);
    expect(one).not.toBe(other);
  });
});
