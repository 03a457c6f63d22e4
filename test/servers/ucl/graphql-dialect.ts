import type { GraphQLError } from 'graphql';
import { internalError, toDirectorErrorAnswer } from './director-error.ts';

/** Why a request was refused before a field was resolved. */
export type RequestFault =
  | { kind: 'parse' | 'validation'; message: string; line: number; column: number }
  | { kind: 'variable'; variable: string; message: string }
  | { kind: 'unknown-operation'; operationName: string }
  | { kind: 'no-operation' };

/**
 * How one of the two services words what went wrong (docs/contracts/compass.md#error-codes,
 * docs/contracts/compass.md#connector-errors, docs/contracts/compass.md#requests).
 */
export interface Dialect {
  /** One entry of `errors` for a request that was refused with 422. */
  requestError(fault: RequestFault): object;
  /** One entry of `errors` for a field that failed. */
  fieldError(error: GraphQLError): object;
  /** One entry of `errors` for a body that is no JSON. */
  bodyError(reason: string): object;
}

export const directorDialect: Dialect = {
  requestError: (fault) => {
    switch (fault.kind) {
      case 'no-operation':
        return refused('input: no operation provided');
      case 'unknown-operation':
        return refused(`input: operation ${fault.operationName} not found`);
      case 'variable':
        return refused(`input: variable.${fault.variable} ${fault.message}`);
      case 'parse':
      case 'validation':
        return refused(`input:${fault.line}: ${fault.message}`);
    }
  },
  fieldError: (error) => toDirectorErrorAnswer(error.originalError ?? internalError(error.message), error.path),
  bodyError: (reason) => refused(`input: json request body could not be decoded: ${reason}`),
};

export const connectorDialect: Dialect = {
  requestError: (fault) => {
    switch (fault.kind) {
      case 'no-operation':
        return { message: 'no operation provided', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } };
      case 'unknown-operation':
        return {
          message: `operation ${fault.operationName} not found`,
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        };
      case 'variable':
        return {
          message: fault.message,
          path: ['variable', fault.variable],
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        };
      case 'parse':
      case 'validation':
        return {
          message: fault.message,
          locations: [{ line: fault.line, column: fault.column }],
          extensions: { code: fault.kind === 'parse' ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED' },
        };
    }
  },
  fieldError: (error) => ({ message: error.message, ...(error.path === undefined ? {} : { path: error.path }) }),
  bodyError: (reason) => ({ message: `json request body could not be decoded: ${reason}` }),
};

function refused(reason: string): object {
  return toDirectorErrorAnswer(internalError(reason));
}
