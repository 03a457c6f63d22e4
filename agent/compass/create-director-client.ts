import { setRuntimeLabel } from '../../graphql/director.generated.ts';
import { proveIdentity } from './ask-director.ts';
import type { DirectorClient } from './create-directors.ts';
import { readIds, readNames } from './read-ids.ts';
import { type LandscapeReader, readLandscape } from './read-landscape.ts';

/** The Director behind `reader`'s transport. */
export function createDirectorClient(reader: LandscapeReader): DirectorClient {
  const { transport, runtimeId } = reader;
  return {
    proveIdentity: (signal) => proveIdentity(reader, signal),
    readLandscape: (signal) => readLandscape(reader, signal),
    readIds: (signal) => readIds(reader, signal),
    readNames: (signal) => readNames(reader, signal),
    async setRuntimeLabel(key, value, signal) {
      const { errors } = await transport.send(setRuntimeLabel, { runtimeId, key, value }, signal);
      if (errors.length > 0) {
        throw transport.failureOf(setRuntimeLabel.operation, {
          kind: 'answer',
          status: 200,
          bodyEmpty: false,
          errors,
          retryAfterMs: undefined,
        });
      }
    },
    close: () => transport.close(),
  };
}
