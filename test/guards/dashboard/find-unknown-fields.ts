import jsonata from 'jsonata';

/** As much of a schema as paths need. Without `properties` and `items`, any path leads on. */
export interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** What an expression can name: the value that it is evaluated on, and variables by their names, without the `$`. */
export interface Scope {
  readonly here: Shape;
  readonly variables: Readonly<Record<string, Shape>>;
}

const anything: Shape = {};

interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly [key: string]: unknown;
}

/**
 * The fields and variables of a JSONata expression that are not there, whether or not an evaluation would come to them;
 * and the shape of what it gives.
 */
export function findUnknownFields(expression: string, scope: Scope): { unknown: string[]; shape: Shape } {
  const unknown: string[] = [];
  const tree: unknown = jsonata(expression).ast();
  const shape = isNode(tree) ? walk(tree, scope, unknown) : anything;
  return { unknown: unknown.map((what) => `${what} in ${expression}`), shape };
}

function walk(node: Node, scope: Scope, unknown: string[]): Shape {
  const inner = childrenOf(node);
  switch (node.type) {
    case 'path':
      return inner.reduce((here, step) => walk(step, { ...scope, here }, unknown), scope.here);
    case 'name':
      return filtered(follow(String(node.value), scope.here, unknown), inner, scope, unknown);
    case 'variable':
      return filtered(lookUp(String(node.value), scope, unknown), inner, scope, unknown);
    case 'filter':
    case 'block':
      return inner.reduce((_, each) => walk(each, scope, unknown), anything);
    default:
      for (const each of inner) walk(each, scope, unknown);
      return anything;
  }
}

/** Filters and indexes after a step speak of what it gives, and change nothing about its shape. */
function filtered(shape: Shape, stages: readonly Node[], scope: Scope, unknown: string[]): Shape {
  for (const stage of stages) walk(stage, { ...scope, here: shape }, unknown);
  return shape;
}

function follow(name: string, here: Shape, unknown: string[]): Shape {
  const { properties, items } = here;
  if (items !== undefined) return follow(name, items, unknown);
  if (properties === undefined) return anything;
  const found = properties[name];
  if (found === undefined) unknown.push(`no field ${name}`);
  return found === undefined ? anything : (found.items ?? found);
}

function lookUp(name: string, { here, variables }: Scope, unknown: string[]): Shape {
  if (name === '') return here;
  if (name === '$') return anything;
  if (variables[name] === undefined) unknown.push(`no variable $${name}`);
  return variables[name] ?? anything;
}

function childrenOf(node: Node): Node[] {
  // The name of a function stands in a variable too.
  const { procedure: _, ...parts } = node;
  return Object.values(parts).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
