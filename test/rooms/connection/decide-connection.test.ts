import { describe, expect, it } from 'vitest';
import { type ConnectionSituation, decideConnection } from '../../../agent/connection/decide-connection.ts';
import { hashToken } from '../../../agent/connection/decide-pairing-step.ts';
import type { PairingState } from '../../../agent/connection/pairing-state.ts';

const dayMs = 86_400_000;
const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * dayMs);
const certificate = { notBefore: at(0), notAfter: at(90), keyMatches: true, fingerprint: 'AA' };
const credential = { certificatePem: 'certificate', privateKeyPem: 'key', chainPem: 'chain' };
const stored = { credential, certificate };

const token = 'token-in-the-secret';
const identity = { runtimeId: 'r1', tenant: 't1', connectorUrl: 'https://gateway.compass.test' };
const configuration = { ...identity, token };
const addresses = { directorUrl: 'https://mtls.compass.test/d', securedConnectorUrl: 'https://mtls.compass.test/c' };
const managementInfo = { directorUrl: addresses.directorUrl, connectorUrl: addresses.securedConnectorUrl };
const paired = {
  at: 'paired',
  present: { identity, addresses, usedTokenHash: hashToken(token), fingerprints: ['AA'] },
} as const;
const unpaired: PairingState = { at: 'unpaired', present: undefined };

const present = (changes: Partial<typeof configuration> = {}) =>
  ({ kind: 'present', configuration: { ...configuration, ...changes } }) as const;
const missing = { kind: 'missing', message: 'gone' } as const;
const invalid = { kind: 'invalid', message: 'RUNTIME_ID must be a UUID' } as const;
const link = { identity, addresses, credential, certificate };
const use = { do: 'use', link, isToBind: false, remark: undefined };
const rebuild = { do: 'prove', link, as: 'rebuilt', otherwise: undefined };
const takeOver = { do: 'prove', link, as: 'taken-over', otherwise: undefined };
/** What served in the memory of the agent, when somebody stored another pair. */
const former = {
  ...link,
  credential: { ...credential, certificatePem: 'former' },
  certificate: { ...certificate, fingerprint: 'FF' },
};

const decide = (changes: Partial<ConnectionSituation> = {}) =>
  decideConnection({
    configuration: present(),
    managementInfo,
    stored,
    former: undefined,
    pairing: paired,
    isTurnedAway: false,
    distrustedTokenHash: undefined,
    trustedHosts: [],
    now: at(1),
    ...changes,
  });

describe('the connection', () => {
  it('is used as it is while it is healthy, also when a new token comes or the Secret goes', () => {
    expect(decide()).toEqual(use);
    expect(decide({ configuration: present({ token: 'new' }) })).toEqual(use);
    expect(decide({ configuration: missing })).toEqual(use);
    expect(decide({ configuration: invalid })).toEqual(use);
  });

  it('goes to the addresses of its own Secret, whatever the CompassConnection shows', () => {
    for (const directorUrl of ['https://evil.test', 'http://mtls.compass.test/d', 'https://mtls.compass.test/other']) {
      expect(decide({ managementInfo: { directorUrl, connectorUrl: directorUrl } })).toEqual(use);
    }
  });

  it('goes there also where version 0.1.0 wrote them, which is to be bound to the certificate', () => {
    const pairing: PairingState = { ...paired, present: { ...paired.present, fingerprints: [] } };
    const shown = { directorUrl: 'https://evil.test', connectorUrl: 'https://evil.test' };
    expect(decide({ pairing, managementInfo: shown })).toEqual({ ...use, isToBind: true });
  });

  it.each<[string, Partial<ConnectionSituation>]>([
    ['no certificate', { stored: undefined }],
    ['an expired certificate that UCL turns away', { now: at(90), isTurnedAway: true }],
    ['a key that does not fit', { stored: { credential, certificate: { ...certificate, keyMatches: false } } }],
  ])('is paired anew with %s, with nothing to keep', (_, changes) => {
    expect(decide(changes)).toEqual({ do: 'pair', configuration, otherwise: undefined });
    for (const read of [missing, invalid]) {
      expect(decide({ ...changes, configuration: read })).toEqual({
        do: 'fail',
        failure: { kind: 'configuration', read },
      });
    }
  });

  it('goes on with a certificate that is over by its own clock, unless there is a new token: the clock may be wrong', () => {
    const over = { now: at(90) };
    expect(decide(over)).toEqual(use);
    for (const read of [missing, invalid]) expect(decide({ ...over, configuration: read })).toEqual(use);
    const renewed = present({ token: 'new' });
    expect(decide({ ...over, configuration: renewed })).toMatchObject({ do: 'pair', otherwise: undefined });
  });

  it('spends a new token after it was turned away, and goes on with the old credential should that fail', () => {
    expect(decide({ isTurnedAway: true })).toEqual(use);
    const renewed = present({ token: 'new' });
    expect(decide({ isTurnedAway: true, configuration: renewed })).toEqual({
      do: 'pair',
      configuration: renewed.configuration,
      otherwise: use,
    });
  });

  it('is paired to the end when the agent died between storing the new certificate and writing that down', () => {
    const renewed = present({ token: 'new' });
    const followUp = { token: 'follow-up', subject: 'CN=x', ...addresses };
    const signed = { certificatePem: credential.certificatePem, chainPem: 'chain', caCertificatePem: 'ca' };
    const before = { ...paired.present, fingerprints: ['the one before'] };
    const attempt = { present: before, tokenHash: hashToken('new'), privateKeyPem: 'key', tries: undefined };
    const pairing: PairingState = { at: 'signed', ...attempt, followUp, signed };
    const finish = { do: 'prove', link, as: 'paired', otherwise: undefined };
    const pair = { do: 'pair', configuration: renewed.configuration, otherwise: finish };
    expect(decide({ pairing, configuration: renewed })).toEqual(pair);
    // Its token went meanwhile: what was stored is all the same what was signed.
    expect(decide({ pairing })).toEqual(finish);
    expect(decide({ pairing, configuration: missing })).toEqual(finish);
    const other: PairingState = {
      ...pairing,
      present: paired.present,
      signed: { ...signed, certificatePem: 'not stored' },
    };
    expect(decide({ pairing: other, configuration: renewed })).toEqual(use);
  });

  it.each(['runtimeId', 'tenant', 'connectorUrl'])(
    'pairs at once when %s changes, or proves the old credential for it when the token is spent',
    (field) => {
      const changed = { [field]: 'https://other' };
      expect(decide({ configuration: present({ ...changed, token: 'new' }) })).toEqual({
        do: 'pair',
        configuration: { ...configuration, ...changed, token: 'new' },
        otherwise: undefined,
      });
      expect(decide({ configuration: present(changed) })).toEqual({
        do: 'prove',
        link: { ...link, identity: { ...identity, ...changed } },
        as: 'identity-changed',
        otherwise: undefined,
      });
    },
  );

  it.each<[string, ConnectionSituation['managementInfo']]>([
    ['gone', undefined],
    ['empty', { directorUrl: '', connectorUrl: '' }],
    ['without the address of the Director', { directorUrl: '', connectorUrl: 'https://s' }],
    ['without the address of the Connector', { directorUrl: 'https://d', connectorUrl: '' }],
  ])(
    'is rebuilt from the stored credential when the CompassConnection is %s, unless there is a fresh token',
    (_, info) => {
      expect(decide({ managementInfo: info })).toEqual(rebuild);
      expect(decide({ managementInfo: info, configuration: missing })).toEqual(rebuild);
      expect(decide({ managementInfo: info, configuration: present({ token: 'new' }) })).toEqual({
        do: 'pair',
        configuration: { ...configuration, token: 'new' },
        otherwise: rebuild,
      });
    },
  );

  it('is paired when nothing knows the addresses any more, so that it is said what is wrong with the token', () => {
    const refused: PairingState = {
      at: 'refused',
      present: undefined,
      refusedTokenHash: hashToken(token),
      refusal: undefined,
    };
    const nowhere = { managementInfo: undefined, pairing: refused };
    expect(decide(nowhere)).toEqual({ do: 'pair', configuration, otherwise: undefined });
    expect(decide({ ...nowhere, configuration: missing })).toEqual({
      do: 'fail',
      failure: { kind: 'configuration', read: missing },
    });
  });
});

describe('a certificate that the own Secret holds no addresses for', () => {
  const another: PairingState = { ...paired, present: { ...paired.present, fingerprints: ['BB'] } };

  it.each([
    ['by an installation that left no record', unpaired],
    ['by the Go agent after a hand-back', another],
  ])('is taken over as it was left %s, where the Secret says for whom', (_, pairing) => {
    expect(decide({ pairing })).toEqual(takeOver);
    const configured = present({ token: 'unspent' });
    expect(decide({ pairing, configuration: configured })).toEqual(takeOver);
    expect(decide({ pairing, configuration: configured, isTurnedAway: true })).toEqual({
      do: 'pair',
      configuration: configured.configuration,
      otherwise: takeOver,
    });
  });

  it('is not taken over where nothing says for whom', () => {
    for (const read of [missing, invalid]) {
      expect(decide({ pairing: unpaired, configuration: read })).toEqual({
        do: 'fail',
        failure: { kind: 'configuration', read },
      });
    }
    expect(decide({ pairing: another, configuration: missing })).toEqual(takeOver);
  });

  it('goes nowhere when the CompassConnection leads out of the landscape, until there is a new token', () => {
    const shown = { ...managementInfo, connectorUrl: 'https://connector.evil.test' };
    const failure = { kind: 'address-not-trusted', host: 'connector.evil.test', tokenHash: hashToken(token) };
    for (const pairing of [unpaired, another]) {
      const situation = { pairing, managementInfo: shown, configuration: present({ token: 'unspent' }) };
      const refused = { do: 'fail', failure: { ...failure, tokenHash: hashToken('unspent') } };
      expect(decide(situation)).toEqual(refused);
      expect(decide({ ...situation, isTurnedAway: true })).toEqual(refused);
      expect(decide({ ...situation, distrustedTokenHash: hashToken('unspent') })).toEqual(refused);
      expect(decide({ ...situation, distrustedTokenHash: hashToken('an older one') })).toMatchObject({ do: 'pair' });
      expect(decide({ ...situation, trustedHosts: ['connector.evil.test'] })).toMatchObject({ as: 'taken-over' });
    }
  });

  it('is used in place of the one that served only when it has proven itself', () => {
    expect(decide({ former })).toEqual({ do: 'prove', link, as: 'replaced', otherwise: former });
    expect(decide({ former, pairing: another })).toEqual({ do: 'prove', link, as: 'replaced', otherwise: former });
    const evil = { directorUrl: 'https://evil.test', connectorUrl: 'https://evil.test' };
    expect(decide({ former, pairing: another, managementInfo: evil })).toEqual({
      do: 'use',
      link: former,
      isToBind: false,
      remark: { kind: 'address-not-trusted', host: 'evil.test', tokenHash: hashToken(token) },
    });
  });
});
