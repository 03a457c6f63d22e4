import { findManager } from '../domain/find-manager.ts';
import { listedRequestKinds } from '../domain/request-kinds.ts';
import { AgentError } from '../errors/agent-error.ts';
import type { RunFacts } from './run-facts.ts';

/** A field or annotation of the CompassConnection that asks for something, and who set it where that was noted. */
interface AskingField {
  readonly name: string;
  readonly manager: string | undefined;
  readonly remedy: string;
}

/** What is remembered of requests, to tell of one that comes again and again. */
export interface Insistence {
  /** The fields that asked in the last run in which any did. */
  readonly lately: readonly string[];
  readonly told: readonly AskingField[];
}

export const noInsistence: Insistence = { lately: [], told: [] };

/** People do several things within a minute; only what asked before, and asks again, is told. Pure. */
export function rememberInsistence({ lately, told }: Insistence, facts: RunFacts): Insistence {
  const fields = listAskingFields(facts);
  const repeated = fields.filter(({ name }) => lately.includes(name));
  return {
    lately: fields.length === 0 ? lately : fields.map(({ name }) => name),
    told: facts.isInsisted ? (repeated.length === 0 ? told : repeated) : [],
  };
}

/** What the status says of it; none where nothing insists. */
export function explainInsistence({ told }: Insistence): AgentError[] {
  if (told.length === 0) return [];
  const fields = told.map(({ name, manager }) =>
    manager === undefined ? name : `${name} (field manager "${manager}")`,
  );
  return [
    new AgentError(
      'RequestedTooOften',
      `Something sets ${fields.join(' and ')} of the CompassConnection again and again, so that each has to wait`,
      { next: 'retry', remedy: [...new Set(told.map(({ remedy }) => remedy))].join(' ') },
    ),
  ];
}

function listAskingFields({ resource, requests, connection }: RunFacts): AskingField[] {
  if (resource === undefined) return [];
  const toManager = (...path: string[]) => findManager(resource.metadata, path);
  const asking = listedRequestKinds.flatMap(([kind, { annotation, specField }]): AskingField[] => {
    const asked = requests.asked[kind];
    if (asked === undefined) return [];
    return asked === true
      ? [
          {
            name: `spec.${specField}`,
            manager: toManager('spec', specField),
            remedy: `Stop what sets spec.${specField}: setting it asks once, and the agent resets it when that is done. For regular syncs set APP_SYNC_SCHEDULE.`,
          },
        ]
      : [
          {
            name: `the annotation ${annotation}`,
            manager: toManager('metadata', 'annotations', annotation),
            remedy: `Stop what gives ${annotation} new values. For regular syncs set APP_SYNC_SCHEDULE.`,
          },
        ];
  });
  const addresses = connection?.link?.addresses;
  const { directorUrl, connectorUrl } = resource.spec.managementInfo;
  const isShown =
    addresses === undefined ||
    (directorUrl === addresses.directorUrl && connectorUrl === addresses.securedConnectorUrl);
  if (isShown) return asking;
  const remedy =
    'Leave spec.managementInfo out of what you apply: it shows the addresses that the agent uses, and changes nothing.';
  return [...asking, { name: 'spec.managementInfo', manager: toManager('spec', 'managementInfo'), remedy }];
}
