import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  objectAt,
  stringAt,
} from './kube-object.ts';
import { parseJsonPath } from './parse-json-path.ts';
import { type FieldProblem, invalidField, requiredField, unsupportedField } from './status-error.ts';

/** Fills in a CRD's defaults and establishes it at once: nothing here needs time to come up. */
export function prepareCrd(crd: KubeObject, previous: KubeObject | undefined): KubeObject {
  const spec = objectAt(crd, 'spec');
  const names = objectAt(spec, 'names');
  const kind = stringAt(names, 'kind');
  const fullNames: JsonObject = {
    ...names,
    singular: stringAt(names, 'singular') || kind.toLowerCase(),
    listKind: stringAt(names, 'listKind') || `${kind}List`,
  };
  const storageVersions = versionsOf(crd).filter((version) => version.storage === true);
  const stored = new Set<Json>([
    ...arrayAt(previous?.status, 'storedVersions'),
    ...storageVersions.map((version) => stringAt(version, 'name')),
  ]);
  return {
    ...crd,
    spec: { ...spec, names: fullNames, conversion: spec.conversion ?? { strategy: 'None' } },
    status: {
      conditions: previous === undefined ? establishedAt(new Date()) : arrayAt(previous.status, 'conditions'),
      acceptedNames: fullNames,
      storedVersions: [...stored],
    },
  };
}

function establishedAt(now: Date): Json[] {
  const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`;
  return [
    {
      type: 'NamesAccepted',
      status: 'True',
      lastTransitionTime,
      reason: 'NoConflicts',
      message: 'no conflicts found',
    },
    {
      type: 'Established',
      status: 'True',
      lastTransitionTime,
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ];
}

function versionsOf(crd: KubeObject): JsonObject[] {
  return arrayAt(crd.spec, 'versions').filter(isJsonObject);
}

/** The rules that a hand-written CRD is likely to break. */
export function validateCrd(crd: KubeObject, previous: KubeObject | undefined): FieldProblem[] {
  const { name } = crd.metadata;
  const group = stringAt(crd.spec, 'group');
  const plural = stringAt(objectAt(crd.spec, 'names'), 'plural');
  const scope = stringAt(crd.spec, 'scope');
  const problems: FieldProblem[] = [];
  if (name !== `${plural}.${group}`) {
    problems.push(invalidField('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  }
  if (group === '') problems.push(requiredField('spec.group'));
  if (plural === '') problems.push(requiredField('spec.names.plural'));
  if (stringAt(objectAt(crd.spec, 'names'), 'kind') === '') problems.push(requiredField('spec.names.kind'));
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    problems.push(unsupportedField('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  if (previous !== undefined && stringAt(previous.spec, 'scope') !== scope) {
    problems.push(invalidField('spec.scope', scope, 'field is immutable'));
  }
  return [...problems, ...validateVersions(versionsOf(crd))];
}

function validateColumns(version: JsonObject, path: string): FieldProblem[] {
  return arrayAt(version, 'additionalPrinterColumns').flatMap((column, index) => {
    const jsonPath = stringAt(column, 'jsonPath');
    const detail = 'the embedded API does not understand this JSONPath';
    const field = `${path}.additionalPrinterColumns[${index}].jsonPath`;
    return parseJsonPath(jsonPath) === undefined ? [invalidField(field, jsonPath, detail)] : [];
  });
}

function validateVersions(versions: JsonObject[]): FieldProblem[] {
  const problems = versions.flatMap((version, index) => {
    const path = `spec.versions[${index}]`;
    const columnProblems = validateColumns(version, path);
    return objectAt(version.schema, 'openAPIV3Schema').type === 'object'
      ? columnProblems
      : [...columnProblems, requiredField(`${path}.schema.openAPIV3Schema`, 'schemas are required')];
  });
  if (versions.filter((version) => version.storage === true).length !== 1) {
    problems.push(invalidField('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  return problems;
}
