import { decode } from '../cluster/object.ts';
import { connectorUrl } from '../ucl/ucl.ts';
import type { Step } from './step.ts';
import { places, type World } from './world.ts';

const wrongValues = {
  TENANT: 'another-tenant',
  RUNTIME_ID: '33333333-3333-4333-8333-333333333333',
  TOKEN: 'mistyped',
  CONNECTOR_URL: 'https://gateway.ucl.example/connector/graphql',
} as const;

/** Somebody puts another value into the configuration Secret, or deletes it, and puts it right later. */
export function spoilConfiguration(
  world: World,
  step: Extract<Step, { do: 'mistype' | 'delete-configuration' }>,
): void {
  if (step.do === 'delete-configuration') world.server.remove(places.configuration);
  else world.configure(readToken(world), { [step.what]: wrongValues[step.what] });
  world.during(step.forMs, () => repairConfiguration(world));
}

/** Puts it right, with the token that is there, or with the one that was there last. */
export function repairConfiguration(world: World): void {
  world.configure(readToken(world));
}

/** Whether the agent cannot find UCL by it: what the agent says then is not that it needs a token. */
export function isConfigurationLost({ server }: World): boolean {
  return decode(server.storage.get(places.configuration)).CONNECTOR_URL !== connectorUrl;
}

function readToken({ server, token }: World): string {
  const { TOKEN = wrongValues.TOKEN } = decode(server.storage.get(places.configuration));
  return TOKEN === wrongValues.TOKEN ? token : TOKEN;
}
