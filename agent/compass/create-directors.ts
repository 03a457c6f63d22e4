import type { Director, Directors } from '../connection/ports.ts';
import type { UclAccess } from '../connection/ucl-access.ts';

/** A Director with connections of its own. */
export interface DirectorClient extends Director {
  /** Lets running requests end and closes the connections. */
  close(): void;
}

/** Keeps the client of the present link, so that its connections are used again; `open` makes one. */
export function createDirectors(open: (access: UclAccess) => DirectorClient): Directors {
  let present: { readonly access: UclAccess; readonly client: DirectorClient } | undefined;

  function close(): void {
    present?.client.close();
    present = undefined;
  }

  return {
    close,
    current(access) {
      if (present !== undefined && isSame(present.access, access)) return present.client;
      close();
      const client = open(access);
      present = { access, client };
      return client;
    },
    async prove(access, signal) {
      const client = open(access);
      try {
        await client.proveIdentity(signal);
      } finally {
        client.close();
      }
    },
  };
}

function isSame(left: UclAccess, right: UclAccess): boolean {
  return (
    left.addresses.directorUrl === right.addresses.directorUrl &&
    left.identity.runtimeId === right.identity.runtimeId &&
    left.identity.tenant === right.identity.tenant &&
    left.credential.certificatePem === right.credential.certificatePem &&
    left.credential.privateKeyPem === right.credential.privateKeyPem &&
    left.credential.chainPem === right.credential.chainPem
  );
}
