import { expect } from 'vitest';
import type { ClusterClient } from '../../servers/cluster/create-cluster-client.ts';
import type { AuthInput } from '../../servers/ucl/landscape-types.ts';
import type { Ucl } from '../../servers/ucl/start-ucl.ts';

/** A text that stands in a secret place, with the name under which a leak is reported. */
interface KnownSecret {
  readonly what: string;
  readonly text: string;
}

/** Shorter texts could stand somewhere by chance. */
const shortestSecret = 8;

/**
 * Asserts that no secret that this test knows of stands where people look: log, CompassConnection, Applications,
 * Events. Tokens, passwords and keys are gathered from UCL and from the Secrets of the cluster.
 */
export async function expectNoSecretShown(
  ucl: Ucl,
  kube: ClusterClient,
  output: string,
  tokens: ReadonlySet<string>,
): Promise<void> {
  const secrets = [
    ...[...tokens].map((text) => ({ what: 'a one-time token', text })),
    ...credentialsIn(ucl),
    ...(await keysIn(kube)),
  ].filter(({ text }) => text.length >= shortestSecret);
  const places = {
    'the log': output,
    'the CompassConnection': JSON.stringify((await kube.connection()) ?? {}),
    Applications: JSON.stringify(await kube.applications()),
    Events: JSON.stringify(await kube.events()),
  };
  const leaks = Object.entries(places).flatMap(([place, content]) =>
    secrets
      .filter(({ text }) => formsOf(text).some((form) => content.includes(form)))
      .map(({ what }) => `${what} in ${place}`),
  );
  expect(leaks).toEqual([]);
}

function formsOf(text: string): string[] {
  return [text, Buffer.from(text).toString('base64')];
}

function credentialsIn({ landscape }: Ucl): KnownSecret[] {
  const bundles = landscape.applications().flatMap((application) => application.bundles);
  const auths = bundles.flatMap((bundle) => [
    bundle.defaultInstanceAuth,
    ...bundle.instanceAuths.map(({ auth }) => auth),
  ]);
  return auths.flatMap((auth) => (auth === null ? [] : secretsOf(auth)));
}

function secretsOf({ credential }: AuthInput): KnownSecret[] {
  if (credential === null || credential === undefined) return [];
  if ('basic' in credential) return [{ what: 'a password', text: credential.basic.password }];
  if ('oauth' in credential) return [{ what: 'a client secret', text: credential.oauth.clientSecret }];
  return [];
}

/** Private keys by a line of their own, however they are wrapped; tokens that the agent keeps for itself. */
async function keysIn(kube: ClusterClient): Promise<KnownSecret[]> {
  const secrets = await kube.secrets();
  return secrets.flatMap(({ metadata, data }) =>
    Object.entries(data).flatMap(([key, value]): KnownSecret[] => {
      if (value.includes('PRIVATE KEY'))
        return [{ what: `${metadata.name}/${key}`, text: value.split('\n')[5] ?? value }];
      const token = key === 'followUp' ? /"token":"([^"]+)"/.exec(value)?.[1] : undefined;
      return token === undefined ? [] : [{ what: 'the follow-up token', text: token }];
    }),
  );
}
