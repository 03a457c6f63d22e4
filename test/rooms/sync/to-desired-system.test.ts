import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../../agent/domain/landscape.ts';
import { toDesiredSystem } from '../../../agent/sync/to-desired-system.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, anAuth, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';

const desired = (...bundles: Bundle[]) => toDesiredSystem(aSystem('mp-shop', { bundles }), 'mp-shop', aPolicy());
const withAuth = (auth: Bundle['auth']) => desired(aBundle('A', { auth }));
const id = idOf('bundle A');

describe('what should be in the cluster of a system', () => {
  it('lacks a credential that the gateway cannot use, and says what to give in its place', () => {
    const { services, secrets, problems } = withAuth(anAuth({ typename: 'CertificateOAuth', fields: {} }));
    expect(problems).toEqual([
      {
        reason: 'UnsupportedCredential',
        message: `Bundle "A" (${id}) has a credential of kind CertificateOAuth, which Kyma's gateway cannot use; its APIs are called without credentials. Give the bundle a Basic or OAuth credential in UCL.`,
      },
    ]);
    expect([services[0]?.entries[0]?.credentials, secrets]).toEqual([{ type: '', secretName: '' }, []]);
  });

  it('lacks a credential of which parts are empty, and names them', () => {
    const { secrets, problems } = withAuth(basicAuth('', ''));
    expect(problems).toEqual([
      {
        reason: 'EmptyCredential',
        message: `Bundle "A" (${id}) has a Basic credential with an empty username and password; its APIs are called without credentials. Complete the credential in UCL.`,
      },
    ]);
    expect(secrets).toEqual([]);
    const absent = withAuth(anAuth({ typename: 'BasicCredentialData', fields: { username: 'ada' } }));
    expect(absent.problems[0]?.message).toContain('with an empty password;');
  });

  it('has headers and parameters in the order of their names, so that another order in UCL changes nothing', () => {
    const parameters = (names: string[]) =>
      withAuth(
        basicAuth('ada', 'secret', { additionalHeaders: Object.fromEntries(names.map((name) => [name, [name]])) }),
      ).secrets.find(({ kind }) => kind === 'parameters')?.data;
    expect(parameters(['b', 'a', 'c'])).toEqual({ headers: '{"a":["a"],"b":["b"],"c":["c"]}' });
    expect(parameters(['c', 'b', 'a'])).toEqual(parameters(['a', 'b', 'c']));
  });

  it('keeps input schemas that UCL cannot give, and names three of their bundles', () => {
    const unread = (names: string[]) =>
      desired(...names.map((name) => aBundle(name, { instanceAuthRequestInputSchema: undefined }))).problems[0]
        ?.message;
    const named = (name: string) => `"${name}" (${idOf(`bundle ${name}`)})`;
    expect(unread(['A', 'B', 'C'])).toContain(
      `the input schemas of bundle ${named('A')}, ${named('B')}, ${named('C')}, since one of them`,
    );
    expect(unread(['A', 'B', 'C', 'D', 'E'])).toContain(
      `the input schemas of bundle ${named('A')}, ${named('B')}, ${named('C')} and 2 more, since one of them`,
    );
  });
});
