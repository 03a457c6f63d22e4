import {
  coerceInputValue,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  isInputType,
  Kind,
  typeFromAST,
  validate,
} from 'graphql';
import { UnserializableValue } from './build-schema.ts';
import { internalError, toDirectorErrorAnswer } from './director-error.ts';
import type { Dialect, RequestFault } from './graphql-dialect.ts';
import { type HttpAnswer, locationOf, type WireRequest } from './wire-request.ts';

/** Validates and executes a request as the backend does; `errors` precede `data` in the answer. */
export async function executeRequest(
  request: WireRequest,
  schema: GraphQLSchema,
  dialect: Dialect,
  contextValue: unknown,
): Promise<HttpAnswer> {
  if (request.rejection !== undefined || request.document === undefined) return request.rejection ?? { status: 400 };
  // The backend looks at these one after the other, and goes no further than the first that finds something.
  for (const findFaults of [validationFaults, operationFaults, variableFaults]) {
    const faults = findFaults(request, schema);
    if (faults.length === 0) continue;
    return { status: 422, json: { errors: faults.map((fault) => dialect.requestError(fault)), data: null } };
  }
  const result = await execute({
    schema,
    document: request.document,
    operationName: request.operationName === '' ? null : request.operationName,
    variableValues: request.variables,
    contextValue,
  });
  const errors = result.errors ?? [];
  if (errors.some((error) => error.originalError instanceof UnserializableValue)) {
    return { status: 422, json: { errors: [toDirectorErrorAnswer(internalError())], data: null } };
  }
  const data = result.data ?? null;
  if (errors.length === 0) return { status: 200, json: { data } };
  return { status: 200, json: { errors: errors.map((error) => dialect.fieldError(error)), data } };
}

function validationFaults(request: WireRequest, schema: GraphQLSchema): RequestFault[] {
  if (request.document === undefined) return [];
  const errors: readonly GraphQLError[] = validate(schema, request.document);
  return errors.map((error) => ({ kind: 'validation', message: error.message, ...locationOf(error) }));
}

function operationFaults({ operation, operationName }: WireRequest): RequestFault[] {
  return operation === undefined ? [{ kind: 'unknown-operation', operationName }] : [];
}

/** The first variable that is missing, null or of another type. */
function variableFaults(request: WireRequest, schema: GraphQLSchema): RequestFault[] {
  for (const definition of request.operation?.variableDefinitions ?? []) {
    const variable = definition.variable.name.value;
    const value = request.variables[variable];
    const isRequired = definition.type.kind === Kind.NON_NULL_TYPE && definition.defaultValue === undefined;
    if (isRequired && value === undefined) return [{ kind: 'variable', variable, message: 'must be defined' }];
    if (isRequired && value === null) return [{ kind: 'variable', variable, message: 'cannot be null' }];
    const type = typeFromAST(schema, definition.type);
    if (value === undefined || !isInputType(type)) continue;
    const problems: string[] = [];
    coerceInputValue(value, type, (path, invalid, error) => {
      const kind = typeof invalid === 'object' ? 'map' : typeof invalid;
      problems.push(path.length === 0 && kind === 'map' ? `cannot use map as ${typeText(type)}` : error.message);
    });
    const [message] = problems;
    if (message !== undefined) return [{ kind: 'variable', variable, message }];
  }
  return [];
}

function typeText(type: unknown): string {
  return String(type).replace(/!$/, '');
}
