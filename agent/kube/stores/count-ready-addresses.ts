import * as z from 'zod';

const sliceSchema = z.object({
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).catch([]),
        conditions: z.object({ ready: z.boolean().nullish() }).catch({}),
      }),
    )
    .catch([]),
});

/** Addresses of EndpointSlices that take requests: those whose readiness is unknown count as ready, as for Kubernetes. */
export function countReadyAddresses(slices: readonly unknown[]): number {
  const endpoints = slices.flatMap((slice) => sliceSchema.safeParse(slice).data?.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions.ready !== false);
  return new Set(ready.flatMap(({ addresses }) => addresses)).size;
}
