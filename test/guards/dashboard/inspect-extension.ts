import jsonata from 'jsonata';
import { findUnknownFields, type Shape } from './find-unknown-fields.ts';
import type { Component, Extension } from './read-extension.ts';

/** Something that an expression can name: its schema, and one of its kind. */
export interface Known {
  readonly shape: Shape;
  readonly value: unknown;
}

export interface World {
  readonly connection: Known;
  readonly application: Known;
  /** Every field is there, so that each source has to give something. */
  readonly isComplete: boolean;
}

/** What an expression is evaluated on, and its variables by their names, without the `$`. */
interface Scope {
  readonly isComplete: boolean;
  readonly here: Known;
  readonly variables: Readonly<Record<string, Known>>;
}

/**
 * Whatever an expression of the extension asks for in vain, one sentence each: a field that the schema lacks, a source that
 * gives nothing for these objects, a mistake in JSONata; and a visibility that is neither true nor false, since the dashboard
 * hides a widget for false alone.
 */
export async function inspectExtension(extension: Extension, world: World): Promise<string[]> {
  const { connection, application, isComplete } = world;
  const { list, details, injections, dataSources } = extension;
  const fetched = { shape: {}, value: () => ({ kind: 'List', items: [application.value] }) };
  const sources = Object.fromEntries(Object.keys(dataSources).map((name) => [name, fetched]));
  const page: Scope = { isComplete, here: connection, variables: { root: connection, item: connection, ...sources } };
  // What is injected into a page of Applications sees the Application as $root in its filter, and as $embedResource elsewhere.
  const injected: Scope = { isComplete, here: connection, variables: { item: connection, embedResource: application } };
  const filtering: Scope = { isComplete, here: application, variables: { item: connection, root: application } };
  const related: Scope = { isComplete, here: application, variables: { item: application, root: connection } };
  const own = [...list, ...details.header, ...details.status.header, ...details.status.body, ...details.body];
  const found = await Promise.all([
    ...own.map((each) => inspect(each, page)),
    ...injections.map(({ filter: _, ...each }) => inspect(each, injected)),
    ...injections.map(({ filter = 'true' }) => inspectRule(filter, filtering)),
    ...Object.values(dataSources).map(({ filter }) => inspectRule(filter, related)),
  ]);
  return found.flat();
}

async function inspect(component: Component, scope: Scope): Promise<string[]> {
  const { widget, source, visibility, filter, highlights = {}, description, children = [] } = component;
  const told = widget === 'Badge' ? description : undefined;
  const rules = [filter, told, ...Object.values(highlights)].filter((rule) => typeof rule === 'string');
  const shown = source === undefined ? { problems: [], result: scope.here } : await look(source, scope);
  if (scope.isComplete && isNothing(shown.result.value)) shown.problems.push(`${source} gives nothing`);
  const rows: unknown = shown.result.value;
  if (scope.isComplete && widget === 'Table' && !Array.isArray(rows))
    return [...shown.problems, `${source} gives no list`];
  const row = { shape: shown.result.shape, value: Array.isArray(rows) ? rows[0] : undefined };
  const inner = widget === 'Table' ? { ...scope, here: row, variables: { ...scope.variables, item: row } } : scope;
  const others = [
    inspectVisibility(visibility, scope),
    ...rules.map((rule) => inspectRule(rule, scope)),
    ...children.map((child) => inspect(child, inner)),
  ];
  return [...shown.problems, ...(await Promise.all(others)).flat()];
}

/** Of a rule, false is as good an answer as true. */
async function inspectRule(expression: string, scope: Scope): Promise<string[]> {
  return (await look(expression, scope)).problems;
}

async function inspectVisibility(expression: string | undefined, scope: Scope): Promise<string[]> {
  if (expression === undefined) return [];
  const { problems, result } = await look(expression, scope);
  return typeof result.value === 'boolean' ? problems : [...problems, `${expression} is neither true nor false`];
}

async function look(expression: string, scope: Scope): Promise<{ problems: string[]; result: Known }> {
  const shapes = Object.entries(scope.variables).map(([name, { shape }]) => [name, shape] as const);
  const read = { here: scope.here.shape, variables: Object.fromEntries(shapes) };
  const { unknown, shape } = findUnknownFields(expression, read);
  const compiled = jsonata(expression);
  // What the dashboard adds to JSONata's own functions.
  compiled.registerFunction('readableTimestampWithTime', (time: unknown) => time);
  compiled.registerFunction('matchEvents', () => true);
  const values = Object.entries(scope.variables).map(([name, { value }]) => [name, value] as const);
  try {
    const value: unknown = await compiled.evaluate(scope.here.value, Object.fromEntries(values));
    return { problems: unknown, result: { shape, value } };
  } catch (error: unknown) {
    // JSONata throws objects that are no errors.
    const said =
      typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : 'an error of no kind';
    return { problems: [...unknown, `${expression}: ${said}`], result: { shape, value: undefined } };
  }
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
