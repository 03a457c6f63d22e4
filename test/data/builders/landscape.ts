import { createHash } from 'node:crypto';
import type {
  ApiDefinition,
  Bundle,
  BundleAuth,
  Credential,
  Landscape,
  LandscapeApplication,
} from '../../../agent/domain/landscape.ts';

/** Builders of UCL's side, with modifiers; ids derive from names, so that a test can say what it means. */

/** A stable UUID for a name. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function aSystem(name: string, overrides: Partial<LandscapeApplication> = {}): LandscapeApplication {
  return { id: idOf(name), name, description: `${name} description`, authIds: [], bundles: [], ...overrides };
}

export function aBundle(name: string, overrides: Partial<Bundle> = {}): Bundle {
  return {
    id: idOf(`bundle ${name}`),
    name,
    description: null,
    instanceAuthRequestInputSchema: null,
    auth: null,
    apiDefinitions: [anApi(`${name} API`)],
    eventDefinitions: [],
    ...overrides,
  };
}

export function anApi(name: string): ApiDefinition {
  return { id: idOf(`api ${name}`), name, targetUrl: `https://${name.replace(/\W/g, '-')}.example.test` };
}

export function basicAuth(username: string, password: string, overrides: Partial<BundleAuth> = {}): BundleAuth {
  return anAuth({ typename: 'BasicCredentialData', fields: { username, password } }, overrides);
}

export function anAuth(credential: Credential, overrides: Partial<BundleAuth> = {}): BundleAuth {
  return {
    credential,
    additionalHeaders: null,
    additionalQueryParams: null,
    csrfTokenEndpointUrl: null,
    ...overrides,
  };
}

export function aLandscape(applications: LandscapeApplication[], overrides: Partial<Landscape> = {}): Landscape {
  return { applications, gaps: [], runtimeLabels: { isNormalized: 'true' }, ...overrides };
}
