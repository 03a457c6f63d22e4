import { once } from 'node:events';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { createCertificateAuthority, loopback } from '../../data/builders/create-certificate-authority.ts';

export const webhookPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** A mutating webhook for Applications, which a real API server asks before it stores one. */
export interface Webhook {
  /** What is created at {@link webhookPath}. */
  readonly configuration: { readonly metadata: { readonly name: string } };
  /** How many objects it was asked about. */
  readonly reviews: () => number;
  stop(): Promise<void>;
}

const reviewSchema = z.object({ request: z.object({ uid: z.string() }) });

/** @param patch a JSON patch for each Application that is created or updated. */
export async function startWebhook(patch: readonly object[]): Promise<Webhook> {
  let reviews = 0;
  const authority = await createCertificateAuthority({ name: 'CN=Webhook authority' });
  const server = createServer(await authority.issue(loopback), (request, response) => {
    void text(request).then((body) => {
      const { uid } = reviewSchema.parse(JSON.parse(body)).request;
      reviews += 1;
      const change = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
      const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...answer, response: { uid, allowed: true, ...change } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    configuration: toConfiguration(`https://127.0.0.1:${port}/`, authority.cert),
    reviews: () => reviews,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function toConfiguration(url: string, authority: string) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'rewriter' },
    webhooks: [
      {
        name: 'rewriter.example.test',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { url, caBundle: Buffer.from(authority).toString('base64') },
        rules: [
          {
            apiGroups: ['applicationconnector.kyma-project.io'],
            apiVersions: ['v1alpha1'],
            resources: ['applications'],
            operations: ['CREATE', 'UPDATE'],
          },
        ],
      },
    ],
  };
}
