import { expect, test } from 'vitest';
import { countReadyAddresses } from '../../../../agent/kube/stores/count-ready-addresses.ts';

const endpoint = (address: string, ready?: boolean | null) => ({ addresses: [address], conditions: { ready } });

test.each<[number, string, unknown[]]>([
  [0, 'there is no slice', []],
  [0, 'a slice has no endpoints', [{ endpoints: null }]],
  [0, 'none of them is ready', [{ endpoints: [endpoint('10.0.0.1', false)] }]],
  [1, 'nobody says whether it is ready', [{ endpoints: [endpoint('10.0.0.1'), endpoint('10.0.0.1', null)] }]],
  [
    2,
    'they stand in two slices, one of them twice',
    [
      { endpoints: [endpoint('10.0.0.1', true), endpoint('10.0.0.2', true)] },
      { endpoints: [endpoint('10.0.0.2', true)] },
    ],
  ],
  [1, 'rubbish stands beside it', [7, null, { endpoints: [{ addresses: 'x' }, endpoint('10.0.0.1', true)] }]],
])('%i addresses are ready where %s', (count, _, slices) => {
  expect(countReadyAddresses(slices)).toBe(count);
});
