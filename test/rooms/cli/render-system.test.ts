import { describe, expect, it } from 'vitest';
import type { SystemFacts } from '../../../agent/cli/find-systems.ts';
import { renderSystem } from '../../../agent/cli/render-system.ts';
import type { ApplicationResource, ObjectMeta } from '../../../agent/domain/resources.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';

const now = new Date('2026-11-22T12:00:00Z');
const none = { namespace: 'kyma-system', secrets: [] };
const shown = (facts: Partial<SystemFacts>) =>
  renderSystem({ application: undefined, failure: undefined, hold: undefined, ...facts }, none, now, (_, text) => text);
const ours = (metadata: Partial<ObjectMeta> = {}, more: Partial<ApplicationResource> = {}): ApplicationResource => ({
  ...anApplication(
    { name: 'mp-one', ...metadata },
    { compassMetadata: { applicationId: 'id-1', authentication: { clientIds: [] } } },
  ),
  ...more,
});

describe('the story of a system', () => {
  it('names it by what UCL or the cluster calls it', () => {
    expect(shown({ application: ours() })).toMatch(/^System +mp-one\nUCL id +id-1\n/);
    expect(shown({ application: anApplication('mp-two') })).toMatch(/^System +mp-two\nUCL id +none\n/);
    const failure = { applicationId: 'id-3', name: 'Three', reason: 'InvalidName', message: 'Rename it.' };
    expect(shown({ failure })).toMatch(
      /^System +Three\nUCL id +id-3\nApplication +none in this cluster\nState +failed: InvalidName\n +Rename it\.\n$/,
    );
  });

  it('says what its removal waits for', () => {
    const hold = { id: 'abc', count: 1, names: ['mp-one'], since: undefined, until: undefined };
    expect(shown({ application: ours(), hold })).toContain('is held (abc), until a person approves it\n');
    expect(shown({ application: ours(), hold: { ...hold, until: '2026-11-22T12:10:00Z' } })).toContain(
      'is held (abc), it is removed in 10 min at the earliest\n',
    );
  });

  it('says what keeps an Application that is being deleted', () => {
    const deletionTimestamp = '2026-11-22T11:00:00Z';
    expect(shown({ application: ours({ deletionTimestamp }) })).toContain('being deleted, since 60 min ago\n');
    const kept = shown({ application: ours({ deletionTimestamp, finalizers: ['a.example.com', 'b.example.com'] }) });
    expect(kept).toContain('being deleted, since 60 min ago; kept by a.example.com, b.example.com\n');
    expect(kept).toMatch(/Finalizers +a\.example\.com, b\.example\.com\n/);
  });

  it('names the places that are not as the CRD demands', () => {
    const unreadable = ['spec.services[0]', 'spec.services[1]'];
    expect(shown({ application: ours({}, { unreadable }) })).toContain(
      'does not match its CRD at spec.services[0], spec.services[1]\n',
    );
  });

  it('tells who changed it last, as far as that was noted', () => {
    const managedFields = [
      { manager: 'timeless' },
      { manager: 'older', time: '2026-11-22T10:00:00Z' },
      { manager: 'newest', time: '2026-11-22T11:00:00Z' },
      { manager: 'oldest', time: '2026-11-22T09:00:00Z' },
    ];
    expect(shown({ application: ours({ managedFields }) })).toMatch(
      /Last change +2026-11-22T11:00:00Z \(60 min ago\), by newest\n/,
    );
    expect(shown({ application: ours({ managedFields: [{ time: '2026-11-22T11:00:00Z' }] }) })).toContain(
      'by an unnamed client\n',
    );
    expect(shown({ application: ours({ managedFields: [{ manager: 'timeless' }] }) })).not.toContain('Last change');
  });

  it('counts APIs and Events of each service', () => {
    const entries = ['API', 'API', 'Events'].map((type) => ({ type }));
    const service = {
      id: 'bundle-1',
      name: 'orders',
      displayName: 'Orders',
      description: '',
      providerDisplayName: '',
      entries,
    };
    expect(shown({ application: anApplication('mp-one', { services: [service] }) })).toMatch(
      /Services\n +Orders +bundle-1 +APIs 2 +Events 1\n/,
    );
  });
});
