import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type CompassOptions, createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import type { Director } from '../../../agent/connection/ports.ts';
import type { ClientCredential } from '../../../agent/connection/ucl-access.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import type { BundleInput } from '../../servers/ucl/landscape-types.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { createCsr } from '../../servers/ucl/ucl-client.ts';

export const neverAborted = new AbortController().signal;

export interface PairedUcl extends Ucl {
  runtimeId: string;
  /** A formation that the runtime is in. */
  formation: string;
  credential: ClientCredential;
  /** Delays that the adapter asked for. */
  delays: number[];
  /** Systems in the formation, in the order of registration. */
  applicationIds: string[];
  registerSystems(count: number, bundles?: BundleInput[]): void;
  /** Leaves the runtime without systems, and no trace of earlier requests and faults. */
  reset(): void;
  director(changes?: Partial<CompassOptions> & { runtimeId?: string; tenant?: string }): Director;
}

/** One UCL for the tests of a file, handed over before they begin, and reset before each of them. */
export function usePairedUcl(take: (paired: PairedUcl) => void): void {
  let ucl: PairedUcl;
  beforeAll(async () => {
    ucl = await startPairedUcl();
    take(ucl);
  });
  beforeEach(() => ucl.reset());
  afterAll(() => ucl.stop());
}

/** An embedded UCL with a runtime in a formation, paired by the adapter under test, its server certificate trusted. */
async function startPairedUcl(): Promise<PairedUcl> {
  const ucl = await startUcl();
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(ucl.caFile, 'utf8')]);
  const formation = 'formation';
  const { id: runtimeId } = ucl.landscape.registerRuntime({ name: 'runtime' });
  ucl.landscape.createFormation(formation);
  ucl.landscape.assign(runtimeId, 'RUNTIME', formation);
  const { connectors } = createCompass(buildCompassOptions(), openMtlsExchange);
  const { token } = ucl.landscape.requestOneTimeToken(runtimeId);
  const first = await connectors.withToken(ucl.connectorUrl, token).fetchConfiguration(neverAborted);
  const { key, csr } = await createCsr(first.subject);
  const second = connectors.withToken(ucl.connectorUrl, first.token);
  const signed = await second.signCertificateSigningRequest(csr, neverAborted);
  const credential: ClientCredential = {
    certificatePem: signed.clientCertificatePem,
    chainPem: signed.certificateChainPem,
    privateKeyPem: key,
  };
  const delays: number[] = [];
  const applicationIds: string[] = [];
  return {
    ...ucl,
    runtimeId,
    formation,
    credential,
    delays,
    applicationIds,
    registerSystems(count, bundles = []) {
      for (let index = 0; index < count; index += 1) {
        const { id } = ucl.landscape.registerApplication({ name: `system-${index}`, bundles });
        ucl.landscape.assign(id, 'APPLICATION', formation);
        applicationIds.push(id);
      }
    },
    reset() {
      for (const id of applicationIds.splice(0)) {
        try {
          ucl.landscape.unassign(id, 'APPLICATION', formation);
          ucl.landscape.deleteApplication(id);
        } catch {
          // The test has deleted it.
        }
      }
      ucl.faults.clear();
      ucl.requests.clear();
      delays.length = 0;
    },
    director: ({ runtimeId: claimed, tenant, ...changes } = {}) =>
      createCompass(buildCompassOptions(changes, delays), openMtlsExchange).directors.current(
        anAccess({
          directorUrl: ucl.directorUrl,
          credential,
          runtimeId: claimed ?? runtimeId,
          tenant: tenant ?? ucl.landscape.tenantId,
        }),
      ),
  };
}

/** The answer to a Director request for the landscape, as a fault's `rewrite` gets it. */
export interface LandscapeAnswer {
  data: {
    applicationsForRuntime: { data: Record<string, unknown>[]; totalCount: number; pageInfo: Record<string, unknown> };
  };
  errors?: unknown[];
}

/** A fault that changes such an answer. */
export function rewriteLandscape(change: (answer: LandscapeAnswer) => unknown) {
  return { rewrite: (answer: object) => change(answer as LandscapeAnswer) };
}
