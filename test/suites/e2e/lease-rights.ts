/** All that an agent may do with the Lease; one without these works without an election. */
export const leaseRights = (['get', 'create', 'update'] as const).map(
  (verb) => ({ verb, resource: 'leases' }) as const,
);
