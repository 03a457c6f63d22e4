import { reissue } from '../../servers/ucl/reissue.ts';
import type { Stage } from './start-stage.ts';

const clientSecret = 'cluster-client-certificates';

/** Stores a certificate of other dates, in days from now. No agent may run: it would put its own back. */
export async function reissueCertificate(
  stage: Stage,
  dates: { readonly fromDays: number; readonly untilDays: number },
): Promise<void> {
  const { crt = '' } = (await stage.kube.secret(clientSecret))?.data ?? {};
  const { clientCertificate, certificateChain } = await reissue(stage.ucl.authority, crt, dates);
  await stage.kube.writeSecret(clientSecret, { crt: clientCertificate, crtChain: certificateChain });
}
