import { createHash } from 'node:crypto';
import type { Landscape } from './landscape.ts';
import type { ApiInput, AuthInput, BundleInput, EventInput } from './landscape-types.ts';

export interface GenerateOptions {
  /** How many systems. */
  apps: number;
  /** Bundles of each system. */
  bundles: number;
  /** API definitions of each bundle; 2 by default. */
  apis?: number;
  /** Event definitions of each bundle; 1 by default. */
  events?: number;
  /** Another seed gives other ids and names; 1 by default. */
  seed?: number;
  /** Register for this runtime in place of a new one. */
  runtimeId?: string;
  /** The formation of all that is generated; created where it is missing. */
  formation?: string;
}

export interface GeneratedLandscape {
  runtimeId: string;
  formation: string;
  applicationIds: string[];
}

const products = [
  'S/4HANA',
  'Commerce',
  'SuccessFactors',
  'Marketing',
  'Ariba',
  'Concur',
  'Field Service',
  'Fieldglass',
];
const regions = ['Germany', 'France', 'Brazil', 'Japan', 'Canada', 'India', 'Spain', 'Norway'];
const areas = ['Orders', 'Products', 'Customers', 'Employees', 'Invoices', 'Prices', 'Deliveries', 'Contracts'];

/**
 * Registers a landscape of any size, all in one formation with one runtime. The same options give the same
 * ids and names, whatever else is registered.
 */
export function generateLandscape(landscape: Landscape, options: GenerateOptions): GeneratedLandscape {
  const seed = options.seed ?? 1;
  const formation = options.formation ?? 'generated-landscape';
  if (landscape.findFormation(formation) === undefined) landscape.createFormation(formation);
  const runtimeId =
    options.runtimeId ?? landscape.registerRuntime({ id: uuid(seed, 'runtime'), name: 'generated-runtime' }).id;
  if (!landscape.runtime(runtimeId).formations.has(formation)) landscape.assign(runtimeId, 'RUNTIME', formation);
  const applicationIds = Array.from({ length: options.apps }, (_, index) => {
    const { id } = landscape.registerApplication({
      id: uuid(seed, `application ${index}`),
      name: `${pick(products, index)} ${pick(regions, Math.floor(index / products.length))} ${index + 1}`,
      providerName: 'SAP',
      description: `Generated system ${index + 1}`,
      labels: { applicationType: `SAP ${pick(products, index)}` },
      bundles: Array.from({ length: options.bundles }, (_, number) => toBundle(seed, index, number, options)),
    });
    landscape.assign(id, 'APPLICATION', formation);
    return id;
  });
  return { runtimeId, formation, applicationIds };
}

function toBundle(seed: number, application: number, number: number, options: GenerateOptions): BundleInput {
  const key = `application ${application} bundle ${number}`;
  const host = `system-${application + 1}.example.test`;
  const apis: ApiInput[] = Array.from({ length: options.apis ?? 2 }, (_, index) => ({
    id: uuid(seed, `${key} api ${index}`),
    name: `${pick(areas, index)} API ${index + 1}`,
    description: `Reads and writes ${pick(areas, index).toLowerCase()}`,
    targetURL: `https://${host}/api/${number + 1}/${index + 1}`,
  }));
  const events: EventInput[] = Array.from({ length: options.events ?? 1 }, (_, index) => ({
    id: uuid(seed, `${key} event ${index}`),
    name: `${pick(areas, index)} Events ${index + 1}`,
    description: `Changes of ${pick(areas, index).toLowerCase()}`,
  }));
  return {
    id: uuid(seed, key),
    name: `${pick(areas, number)} Integration ${number + 1}`,
    description: `Generated bundle ${number + 1}`,
    defaultInstanceAuth: toAuth(number, host),
    apis,
    events,
  };
}

/** Basic and OAuth in turn. */
function toAuth(number: number, host: string): AuthInput {
  if (number % 2 === 0) {
    return { credential: { basic: { username: `user-${number}`, password: `invented-${number}` } } };
  }
  const url = `https://${host}/oauth/token`;
  return { credential: { oauth: { clientId: `client-${number}`, clientSecret: `invented-${number}`, url } } };
}

/** An id that depends on nothing but the seed and the key, in the form of a version 4 UUID. */
function uuid(seed: number, key: string): string {
  const hex = createHash('sha256').update(`${seed} ${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function pick(values: readonly string[], index: number): string {
  return values[index % values.length] ?? '';
}
