import { describe, expect, it } from 'vitest';
import { findUnservable } from '../../../agent/sync/find-unservable.ts';
import { aBundle } from '../../data/builders/landscape.ts';

const anApi = (id: string, name: string, targetUrl = 'https://example.com') => ({ id, name, targetUrl });
const bundleOf = (name: string, ...apiDefinitions: ReturnType<typeof anApi>[]) =>
  aBundle(name, { id: `id of ${name}`, apiDefinitions });
const messages = (...bundles: ReturnType<typeof bundleOf>[]) => findUnservable(bundles).map(({ message }) => message);

describe('an address that the gateway cannot serve', () => {
  it('is that of two bundles whose normalised names agree', () => {
    expect(messages(bundleOf('My Orders', anApi('a', 'A')), bundleOf('my-orders', anApi('b', 'B')))).toEqual([
      expect.stringContaining('Bundle "My Orders" (id of My Orders) and Bundle "my-orders" (id of my-orders)'),
    ]);
  });

  it('is that of two APIs of one bundle whose normalised names agree, and not of two bundles', () => {
    expect(messages(bundleOf('One', anApi('a', 'Orders'), anApi('b', 'orders ')))).toEqual([
      expect.stringContaining('API "Orders" (a) and API "orders " (b)'),
    ]);
    expect(messages(bundleOf('One', anApi('a', 'Orders')), bundleOf('Two', anApi('b', 'Orders')))).toEqual([]);
  });

  it('is one whose name normalises to nothing', () => {
    expect(messages(bundleOf('\u6771\u4eac', anApi('a', 'A')))).toEqual([
      expect.stringContaining('id of \u6771\u4eac'),
    ]);
    expect(messages(bundleOf('One', anApi('a', '\u6771\u4eac')))).toEqual([expect.stringContaining('(a)')]);
  });

  it.each(['', 'example.com/path', '/path', 'ftp://example.com', 'https://', 'https://exa mple'])(
    'is one with the target %j',
    (target) => {
      expect(messages(bundleOf('One', anApi('a', 'A', target)))).toEqual([expect.stringContaining('API "A" (a)')]);
    },
  );

  it.each(['https://example.com', 'HTTP://example.com:8080/a?b=c', 'https://[::1]/'])('is none with %j', (target) => {
    expect(messages(bundleOf('One', anApi('a', 'A', target)))).toEqual([]);
  });

  it('is none where a bundle has no API', () => {
    expect(messages(bundleOf('One'), bundleOf('one'), bundleOf('\u6771'))).toEqual([]);
  });
});
