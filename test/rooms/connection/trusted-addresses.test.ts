import { describe, expect, it } from 'vitest';
import { findKnownAddresses, findUntrusted } from '../../../agent/connection/trusted-addresses.ts';

const connectorUrl = 'https://compass-gateway.example.com/connector/graphql';
const good = 'https://compass-gateway-mtls.example.com/director/graphql';
const judge = (url: string, { connector = connectorUrl, trustedHosts = [] as string[], recorded = '' } = {}) => {
  const own = recorded === '' ? undefined : { directorUrl: recorded, securedConnectorUrl: recorded };
  const basis = { connectorUrl: connector, recorded: own, trustedHosts };
  const asDirector = findUntrusted({ directorUrl: url, securedConnectorUrl: connector }, basis);
  const asConnector = findUntrusted({ directorUrl: connector, securedConnectorUrl: url }, basis);
  expect(asConnector).toBe(asDirector);
  return asDirector;
};

describe('an address that the CompassConnection shows', () => {
  it.each([
    good,
    connectorUrl,
    'https://COMPASS-gateway-mtls.Example.COM/director/graphql',
    'https://compass-gateway-mtls.example.com:8443/director/graphql',
  ])('is trusted in the domain of CONNECTOR_URL: %s', (url) => {
    expect(judge(url)).toBeUndefined();
  });

  it.each([
    ['http://compass-gateway-mtls.example.com/director/graphql', 'compass-gateway-mtls.example.com without https'],
    ['https://evil.test/director/graphql', 'evil.test'],
    ['https://example.com/director/graphql', 'example.com'],
    ['https://a.b.example.com/', 'a.b.example.com'],
    ['https://compass-gateway-mtls.example.com.evil.test/', 'compass-gateway-mtls.example.com.evil.test'],
    ['https://compass-gateway-mtls.example.com@evil.test/', 'evil.test'],
    ['https://evilexample.com/', 'evilexample.com'],
    ['javascript:alert(1)', 'something that is no URL'],
    ['\u001b[31mnonsense', 'something that is no URL'],
    [`https://${'a'.repeat(60)}.${'b'.repeat(60)}.test/`, `${'a'.repeat(60)}.${'b'.repeat(39)}`],
  ])('is not trusted elsewhere: %s', (url, shown) => {
    expect(judge(url)).toBe(shown);
  });

  it('is not trusted for a domain that is anybody’s, or an address that only ends alike', () => {
    expect(judge('https://evil.com/', { connector: 'https://example.com/' })).toBe('evil.com');
    expect(judge('https://example.com/x', { connector: 'https://example.com/' })).toBeUndefined();
    expect(judge('https://10.0.0.1/', { connector: 'https://127.0.0.1/' })).toBe('10.0.0.1');
    expect(judge('https://127.0.0.1:8443/', { connector: 'https://127.0.0.1/' })).toBeUndefined();
    expect(judge('https://[::2]/', { connector: 'https://[::1]/' })).toBe('[::2]');
    expect(judge('https://evil/', { connector: 'https://localhost/' })).toBe('evil');
  });

  it('is trusted where a person says so, for the host or for its domain', () => {
    expect(judge('https://director.other.test/', { trustedHosts: ['director.other.test'] })).toBeUndefined();
    expect(judge('https://director.other.test/', { trustedHosts: ['other.test'] })).toBeUndefined();
    expect(judge('https://a.director.other.test/', { trustedHosts: ['other.test'] })).toBe('a.director.other.test');
    expect(judge('http://director.other.test/', { trustedHosts: ['other.test'] })).toMatch(/without https/);
  });

  it('is trusted where it is the very one that the own Secret holds for another certificate', () => {
    expect(judge('https://moved.other.test/d', { recorded: 'https://moved.other.test/d' })).toBeUndefined();
    expect(judge('https://moved.other.test/x', { recorded: 'https://moved.other.test/d' })).toBe('moved.other.test');
  });
});

describe('the addresses in the own Secret', () => {
  const identity = { runtimeId: 'r', tenant: 't', connectorUrl };
  const addresses = { directorUrl: good, securedConnectorUrl: good };
  const present = { identity, addresses, usedTokenHash: undefined, fingerprints: ['AA', 'BB'] };
  const find = (changes: Partial<typeof present>, fingerprint: string) =>
    findKnownAddresses({ at: 'paired', present: { ...present, ...changes } }, { certificatePem: 'c' }, fingerprint);

  it('count for the certificates that they belong to', () => {
    expect(find({}, 'AA')).toEqual({ addresses, isBound: true });
    expect(find({}, 'BB')).toEqual({ addresses, isBound: true });
    expect(find({}, 'CC')).toBeUndefined();
    expect(find({ fingerprints: [] }, 'CC')).toEqual({ addresses, isBound: false });
  });

  it('do not count without https', () => {
    expect(find({ addresses: { ...addresses, directorUrl: 'http://evil.test' } }, 'AA')).toBeUndefined();
  });
});
