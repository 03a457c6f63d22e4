import { annotations } from '../domain/annotations.ts';
import type { ApplicationResource } from '../domain/resources.ts';
import { toShownText } from '../domain/to-shown-text.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { Action, Step } from './action.ts';
import { whyCreated } from './list-changes.ts';

/** Shown in a column; names of UCL are rarely longer than 100. */
const maxLength = 200;

/**
 * The action with a note for people on each Application that it writes: UCL's name and id of its system, and when and why
 * it was written. Planning neither knows nor compares these notes, so they never cause a write of their own. Pure.
 */
export function noteChanges(action: Action, at: Date): Action {
  return { ...action, steps: action.steps.map((step) => withNote(step, action, at)) };
}

function withNote(step: Step, action: Action, at: Date): Step {
  switch (step.do) {
    case 'create-application':
      return { ...step, manifest: annotate(step.manifest, action, ['created', ...whyCreated(action)], at) };
    case 'update-application':
      return { ...step, resource: annotate(step.resource, action, action.because, at) };
    case 'create-secret':
    case 'update-secret':
    case 'delete-secret':
    case 'delete-application':
      return step;
  }
}

function annotate(
  application: ApplicationResource,
  { applicationId, systemName }: Action,
  because: readonly string[],
  at: Date,
): ApplicationResource {
  const notes = {
    [annotations.systemName]: toShownText(systemName, maxLength),
    [annotations.systemId]: toShownText(applicationId, maxLength),
    [annotations.lastChangedAt]: toWholeSeconds(at),
    [annotations.lastChange]: toShownText(because.join(', '), maxLength),
  };
  const { metadata } = application;
  return { ...application, metadata: { ...metadata, annotations: { ...metadata.annotations, ...notes } } };
}
