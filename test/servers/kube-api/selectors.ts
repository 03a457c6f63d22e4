import type { KubeObject } from './kube-object.ts';
import { badRequest } from './status-error.ts';

/** Whether an object is among those asked for. */
export type Selector = (object: KubeObject) => boolean;

type LabelRule = (labels: Record<string, string>) => boolean;

const SET_BASED = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const EXISTENCE = /^(!?)\s*([^\s!=,()]+)$/;

/** Parses `labelSelector`: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
export function parseLabelSelector(text: string): Selector {
  const rules = splitOutsideParentheses(text).map(parseLabelRule);
  return (object) => rules.every((rule) => rule(object.metadata.labels ?? {}));
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseLabelRule(text: string): LabelRule {
  const [, setKey = '', setOperator, list = ''] = SET_BASED.exec(text) ?? [];
  if (setOperator !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[setKey] ?? '\0') === (setOperator === 'in');
  }
  const [, key = '', operator, value = ''] = EQUALITY.exec(text) ?? [];
  if (operator !== undefined) return (labels) => (labels[key] === value) === (operator !== '!=');
  const [, negation, name] = EXISTENCE.exec(text) ?? [];
  if (name !== undefined) return (labels) => (labels[name] !== undefined) === (negation === '');
  throw badRequest(`unable to parse requirement: found '${text}', expected: a label selector`);
}

/** The fields of a resource that `fieldSelector` may name, besides those that every object has. */
export type SelectableFields = Record<string, (object: KubeObject) => string>;

const COMMON_FIELDS: SelectableFields = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

interface FieldRule {
  field: string;
  value: string;
  negated: boolean;
}

function parseFieldRules(text: string): FieldRule[] {
  return splitOutsideParentheses(text).map((part) => {
    const [, field = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (operator === undefined) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
    return { field, value, negated: operator === '!=' };
  });
}

/** Parses `fieldSelector`; a field that the resource does not offer is a 400, as on the real server. */
export function parseFieldSelector(text: string, fields: SelectableFields): Selector {
  const rules = parseFieldRules(text).map(({ field, value, negated }) => {
    const read = COMMON_FIELDS[field] ?? fields[field];
    if (read === undefined) throw badRequest(`field label not supported: ${field}`);
    return (object: KubeObject) => (read(object) === value) !== negated;
  });
  return (object) => rules.every((rule) => rule(object));
}

/** The one name that a field selector asks for, if it does: authorization and the request log go by it. */
export function nameInFieldSelector(text: string): string | undefined {
  return parseFieldRules(text).find((rule) => rule.field === 'metadata.name' && !rule.negated)?.value;
}
