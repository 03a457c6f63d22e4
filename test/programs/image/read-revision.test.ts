import { expect, test } from 'vitest';
import { toSource } from './read-revision.ts';

test.each([
  ['https://github.com/example/ucl-agent.git', 'https://github.com/example/ucl-agent.git'],
  ['https://user:token@github.com/example/ucl-agent', 'https://github.com/example/ucl-agent'],
])('the address of the sources in %s is %s: no credentials', (remote, source) => {
  expect(toSource(remote)).toBe(source);
});

test.each([undefined, '/srv/git/ucl-agent', 'git@github.com:example/ucl-agent.git', 'file:///srv/ucl-agent'])(
  '%s is no address that others can reach',
  (remote) => {
    expect(toSource(remote)).toBeUndefined();
  },
);
