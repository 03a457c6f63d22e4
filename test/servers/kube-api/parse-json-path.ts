import { isJsonObject, type Json } from './kube-object.ts';

type Step = (values: Json[]) => Json[];

// A field, a quoted field, an index, a wildcard, or a filter that compares one field with a literal.
const STEP =
  /\.([A-Za-z_][\w-]*(?:\\\.[\w/-]+)*)|\[['"]([^'"]+)['"]\]|\[(-?\d+)\]|(\.\*|\[\*\])|\[\?\(@\.([\w.]+)\s*==\s*['"]([^'"]*)['"]\)\]/y;

/**
 * Parses the JSONPath of a printer column; enough of it for the columns people write, such as
 * `.status.conditions[?(@.type=="Ready")].status`. Undefined where it is anything else.
 */
export function parseJsonPath(path: string): ((value: Json) => Json[]) | undefined {
  const steps: Step[] = [];
  let at = 0;
  while (at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) return undefined;
    steps.push(toStep(match));
    at = STEP.lastIndex;
  }
  return (value) => steps.reduce((values, step) => step(values), [value]);
}

function toStep([, field, quoted, index, wildcard, filterField, filterValue]: RegExpExecArray): Step {
  const name = field?.replaceAll('\\.', '.') ?? quoted;
  if (name !== undefined) return (values) => values.flatMap((value) => fieldOf(value, name));
  if (index !== undefined) {
    return (values) => values.flatMap((value) => (Array.isArray(value) ? value.slice(Number(index)).slice(0, 1) : []));
  }
  if (wildcard !== undefined) return (values) => values.flatMap(childrenOf);
  const names = (filterField ?? '').split('.');
  return (values) => values.flatMap(childrenOf).filter((child) => readPath(child, names) === filterValue);
}

function fieldOf(value: Json, name: string): Json[] {
  const found = isJsonObject(value) ? value[name] : undefined;
  return found === undefined ? [] : [found];
}

function childrenOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function readPath(value: Json, names: string[]): Json | undefined {
  return names.reduce<Json | undefined>((at, name) => (isJsonObject(at) ? at[name] : undefined), value);
}
