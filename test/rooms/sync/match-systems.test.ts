import { describe, expect, it } from 'vitest';
import { matchSystems } from '../../../agent/sync/match-systems.ts';
import { managedByLabel, managedByValue } from '../../../agent/sync/ownership.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';

const ours = (name: string, applicationId: string, metadata = {}) =>
  anApplication({ name, ...metadata }, { compassMetadata: { applicationId, authentication: { clientIds: [] } } });
const system = (id: string, name: string) => aSystem(name, { id });
const pairs = (...matching: Parameters<typeof matchSystems>) =>
  matchSystems(...matching).matched.map(({ system: { id }, applicationName }) => `${id} ${applicationName}`);

describe('systems and their Applications', () => {
  it('are matched in the order of the names, however UCL lists them', () => {
    const systems = [system('2', 'mp-b'), system('3', 'mp-c'), system('1', 'mp-a')];
    expect(pairs(aLandscape(systems), [])).toEqual(['1 mp-a', '2 mp-b', '3 mp-c']);
    expect(pairs(aLandscape(systems.toReversed()), [])).toEqual(['1 mp-a', '2 mp-b', '3 mp-c']);
  });

  it('of one name go to the lowest id, however UCL lists them', () => {
    const systems = [system('2', 'mp-a'), system('1', 'mp-a'), system('3', 'mp-a')];
    for (const listed of [systems, systems.toReversed()]) {
      const { matched, failures } = matchSystems(aLandscape(listed), []);
      expect(matched.map(({ system: { id } }) => id)).toEqual(['1']);
      expect(failures.map(({ applicationId }) => applicationId).sort()).toEqual(['2', '3']);
      expect(failures[0]?.message).toBe(
        'Application mp-a already belongs to system 1 (mp-a). Rename one of the two in UCL.',
      );
    }
  });

  it('of one name stay with the one that has the Application', () => {
    const landscape = aLandscape([system('1', 'mp-a'), system('2', 'mp-a')]);
    expect(pairs(landscape, [ours('mp-a', '2')])).toEqual(['2 mp-a']);
  });

  it.each([
    ['Mp A', [], 'InvalidName', /^"Mp A" is not allowed as the name of an Application: it must consist of .*\. Change/],
    [
      'mp-a',
      [anApplication('mp-a')],
      'NameConflict',
      /^There is an Application mp-a that this agent did not create and does not touch\. Rename or delete it,/,
    ],
    [
      'mp-a',
      [ours('mp-a', 'gap')],
      'DuplicateName',
      /^Application mp-a belongs to system gap, which could not be read this time\. Rename one of the two in UCL\.$/,
    ],
    [
      'mp-a',
      [ours('mp-a', '1', { deletionTimestamp: '2026-11-22T12:00:00Z', finalizers: ['a.test/x', 'b.test/y'] })],
      'Terminating',
      /^Application mp-a is being deleted and waits for the finalizer a\.test\/x, b\.test\/y\. The agent creates it again once it is gone\.$/,
    ],
    [
      'mp-a',
      [ours('mp-a', '1', { deletionTimestamp: '2026-11-22T12:00:00Z' })],
      'Terminating',
      /^Application mp-a is being deleted and waits for the API server\. /,
    ],
  ])('that cannot be had as %s say why (%#)', (name, applications, reason, message) => {
    const gaps = [{ applicationId: 'gap', name: 'mp-gap', message: 'm' }];
    const { matched, failures } = matchSystems(aLandscape([system('1', name)], { gaps }), applications);
    expect(matched).toEqual([]);
    expect(failures).toEqual([{ applicationId: '1', name, reason, message: expect.stringMatching(message) }]);
  });

  it('that cannot be read by the CRD are named with each place', () => {
    const unreadable = {
      ...ours('mp-a', '1', { labels: { [managedByLabel]: managedByValue } }),
      unreadable: ['spec.services[0]', 'spec.services[1]'],
    };
    const { failures, abandoned } = matchSystems(aLandscape([]), [unreadable]);
    expect(failures.map(({ message }) => message)).toEqual([
      "Application mp-a has the agent's label, but does not match its CRD at spec.services[0], spec.services[1]; it is left alone. Correct or delete it.",
    ]);
    expect(abandoned).toEqual([]);
  });
});
