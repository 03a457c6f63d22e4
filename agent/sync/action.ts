import type { ApplicationResource, SecretResource } from '../domain/resources.ts';
import type { PlannedState } from './application-writer.ts';
import type { FieldPath } from './field-difference.ts';

/** What an update brings about; to tell whether it lasts. */
export interface WrittenChange {
  /** Stands for what is wanted of the object, as long as UCL says the same. */
  readonly wanted: string;
  /** What is otherwise before the update. */
  readonly fields: readonly FieldPath[];
  /** All that is wanted was there, with something beside it. */
  readonly isAddition: boolean;
}

/** One write. The order of an action's steps matters; a failed step ends its action and no other. */
export type Step =
  | { readonly do: 'create-application'; readonly manifest: ApplicationResource; readonly wanted: string }
  | { readonly do: 'update-application'; readonly resource: ApplicationResource; readonly change: WrittenChange }
  /** Owned by the Application of that name; its uid is filled in when the Application is created in the same action. */
  | { readonly do: 'create-secret'; readonly manifest: SecretResource; readonly wanted: string }
  | { readonly do: 'update-secret'; readonly resource: SecretResource; readonly change: WrittenChange }
  | ({ readonly do: 'delete-secret'; readonly name: string } & PlannedState)
  | ({ readonly do: 'delete-application'; readonly name: string } & PlannedState);

/** All that one system needs. */
export interface Action {
  readonly kind: 'create' | 'update' | 'rename' | 'delete' | 'collect';
  /** UCL's id of the system; empty for orphaned Secrets of systems nobody knows any more. */
  readonly applicationId: string;
  /** UCL's name of the system, or the Application's where UCL does not know it any more. */
  readonly systemName: string;
  readonly applicationName: string;
  /** Why, in a few words a person can check: `services`, `description`, `Secret x: data`. */
  readonly because: readonly string[];
  readonly steps: readonly Step[];
}

/** The object that a step writes, as `Application mp-one`, and what stands for its content; undefined for a deletion. */
export function toWrite(step: Step): { readonly object: string; readonly wanted: string } | undefined {
  switch (step.do) {
    case 'create-application':
      return { object: `Application ${step.manifest.metadata.name}`, wanted: step.wanted };
    case 'update-application':
      return { object: `Application ${step.resource.metadata.name}`, wanted: step.change.wanted };
    case 'create-secret':
      return { object: `Secret ${step.manifest.metadata.name}`, wanted: step.wanted };
    case 'update-secret':
      return { object: `Secret ${step.resource.metadata.name}`, wanted: step.change.wanted };
    case 'delete-secret':
    case 'delete-application':
      return undefined;
  }
}

/** Whether the action removes an Application, be it as a rename's last step. */
export function removesApplication(action: Action): boolean {
  return action.steps.some((step) => step.do === 'delete-application');
}
