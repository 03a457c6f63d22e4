import { describe, expect, test } from 'vitest';
import { secretType } from '../../../../agent/kube/api/resource-type.ts';
import { type Selection, toAttempt, toSelectionPath } from '../../../../agent/kube/api/selection.ts';

const pathOf = (selection: Omit<Selection, 'type'>, parameters: Record<string, string> = {}) =>
  toSelectionPath({ type: secretType, ...selection }, parameters);

describe('the path of a list or watch', () => {
  test('is that of all objects of a type, in all namespaces or in one', () => {
    expect(pathOf({})).toBe('/api/v1/secrets?');
    expect(pathOf({ namespace: 'kyma-system' })).toBe('/api/v1/namespaces/kyma-system/secrets?');
  });

  test('asks for objects by label or by name, and says the rest as it is', () => {
    expect(pathOf({ labelSelector: 'app in (a, b)' })).toBe('/api/v1/secrets?labelSelector=app+in+%28a%2C+b%29');
    expect(pathOf({ name: 'mine' }, { watch: 'true', resourceVersion: '7' })).toBe(
      '/api/v1/secrets?fieldSelector=metadata.name%3Dmine&watch=true&resourceVersion=7',
    );
  });
});

test('what a list or watch tries is told with its verb, and where and for what it looks', () => {
  expect(
    toAttempt('watch', { type: secretType, namespace: 'kyma-system', name: 'mine', labelSelector: 'a=b' }),
  ).toEqual({
    ...{ verb: 'watch', type: secretType, namespace: 'kyma-system', name: 'mine' },
  });
});
