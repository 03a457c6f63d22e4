import { z } from 'zod';

/** What the benchmark and the process with its servers tell each other. */

/** `describe`: gives the system of this number, from 0, another description. */
export const command = z.union([
  z.enum(['token', 'forget', 'count', 'last-page']),
  z.object({ describe: z.number(), description: z.string() }),
]);
export type ServerCommand = z.infer<typeof command>;

export const ready = z.object({
  adminKubeconfig: z.string(),
  agentKubeconfig: z.string(),
  uclCaFile: z.string(),
  connectorUrl: z.string(),
  tenantId: z.string(),
  runtimeId: z.string(),
});
export type Ready = z.infer<typeof ready>;

export const tokenAnswer = z.object({ token: z.string() });

/** By the clock of the machine, in milliseconds since 1970. */
export const lastPageAnswer = z.object({ sentAt: z.number() });

/** Requests of the agent by kind: root field of the GraphQL document, and `verb resource`. */
export const counts = z.object({
  compass: z.record(z.string(), z.number()),
  kubernetes: z.record(z.string(), z.number()),
});
export type Counts = z.infer<typeof counts>;
