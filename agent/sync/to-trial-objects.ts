import type { ApplicationResource, SecretResource } from '../domain/resources.ts';
import { toNewApplication } from './plan-application.ts';
import { planSecrets } from './plan-secrets.ts';
import { type SyncPolicy, toDesiredSystem } from './to-desired-system.ts';

/** What the agent would write for a system with one credential, to ask whether it would be let in. */
export interface TrialObjects {
  readonly application: ApplicationResource;
  readonly secrets: readonly SecretResource[];
}

const nothingStored = {
  ...{ byName: new Map(), unwantedByOwner: new Map(), holders: new Map() },
  ...{ ourUids: new Set<string>(), livingUids: new Set<string>() },
};

/** @param uid becomes part of the name, so that nobody has an object of that name. Pure. */
export function toTrialObjects(uid: string, policy: SyncPolicy): TrialObjects {
  const applicationName = `ucl-agent-trial-${uid.slice(0, 8)}`;
  const credential = { typename: 'BasicCredentialData', fields: { username: 'trial', password: 'trial' } };
  const desired = toDesiredSystem(
    {
      ...{ id: uid, name: applicationName, description: null, authIds: [uid] },
      bundles: [
        {
          ...{ id: uid, name: 'trial', description: null, instanceAuthRequestInputSchema: null },
          auth: { credential, additionalHeaders: null, additionalQueryParams: null, csrfTokenEndpointUrl: null },
          apiDefinitions: [{ id: uid, name: 'trial', targetUrl: 'https://trial.invalid' }],
          eventDefinitions: [],
        },
      ],
    },
    applicationName,
    policy,
  );
  const { writes } = planSecrets(desired, uid, nothingStored, policy);
  return {
    application: toNewApplication(desired, policy, undefined),
    secrets: writes.flatMap((step) => (step.do === 'create-secret' ? [step.manifest] : [])),
  };
}
