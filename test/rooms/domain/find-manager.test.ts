import { expect, test } from 'vitest';
import { findManager } from '../../../agent/domain/find-manager.ts';
import type { FieldManagement } from '../../../agent/domain/resources.ts';

const metadata = (...managedFields: FieldManagement[]) => ({ name: 'object', managedFields });
const path = ['spec', 'resyncNow'];

test('a field belongs to who set it, or the whole list or map around it', () => {
  const fieldsV1 = { 'f:spec': { '.': {}, 'f:resyncNow': {}, 'f:services': {} } };
  expect(findManager(metadata({ manager: 'kubectl-edit', fieldsV1 }), path)).toBe('kubectl-edit');
  expect(findManager(metadata({ manager: 'kubectl-edit', fieldsV1 }), ['spec', 'services', '0', 'name'])).toBe(
    'kubectl-edit',
  );
  expect(findManager(metadata({ manager: 'kubectl-edit', fieldsV1 }), ['spec', 'suspend'])).toBeUndefined();
  expect(findManager(metadata({ manager: 'kubectl-edit', fieldsV1 }), ['spec'])).toBe('kubectl-edit');
});

test('of several managers the last one set it', () => {
  const fieldsV1 = { 'f:spec': { 'f:resyncNow': {} } };
  const older = { manager: 'older', time: '2026-11-22T11:00:00Z', fieldsV1 };
  const newer = { manager: 'newer', time: '2026-11-22T12:00:00Z', fieldsV1 };
  expect(findManager(metadata(older, newer), path)).toBe('newer');
  expect(findManager(metadata(newer, older), path)).toBe('newer');
  const timeless = { manager: 'timeless', fieldsV1 };
  expect(findManager(metadata(timeless, older), path)).toBe('older');
  expect(findManager(metadata(older, timeless), path)).toBe('older');
  const nameless = { time: '2026-11-22T13:00:00Z', fieldsV1 };
  expect(findManager(metadata(older, nameless, newer), path)).toBe('newer');
});

test('nobody is named where this agent set it, or where nothing was noted', () => {
  const fieldsV1 = { 'f:spec': { 'f:resyncNow': {} } };
  expect(findManager(metadata({ manager: 'ucl-agent', fieldsV1 }), path)).toBeUndefined();
  expect(findManager(metadata({ fieldsV1 }), path)).toBeUndefined();
  expect(findManager(metadata({ manager: 'odd', fieldsV1: { 'f:spec': 'odd' } }), path)).toBeUndefined();
  expect(findManager(metadata({ manager: 'odd' }), path)).toBeUndefined();
  expect(findManager({ name: 'object' }, path)).toBeUndefined();
});
