import * as z from 'zod/mini';

/*
 * What the next sync would do, as it is told to people and programs: the document of `diff --output json`. It travels from
 * the agent's pod to a workstation, so it is one schema from which the types follow. It holds names, never a value of a
 * Secret.
 */

const objectSchema = z.object({
  do: z.enum(['create', 'update', 'delete']),
  kind: z.enum(['Application', 'Secret']),
  name: z.string(),
  /** Places that are written, as `spec.services[0].name`; of a Secret the names of keys. Empty: the object as a whole. */
  fields: z.array(z.string()),
});

const changeSchema = z.object({
  kind: z.enum(['create', 'update', 'rename', 'delete', 'collect']),
  application: z.string(),
  /** UCL's name, or that of the Application where UCL does not know the system any more. */
  system: z.string(),
  /** UCL's id; empty for Secrets that nobody's system needs any more. */
  systemId: z.string(),
  because: z.array(z.string()),
  objects: z.array(objectSchema),
});

const byRule = <Rule extends string>(rule: Rule) => ({ rule: z.literal(rule) });
/** RFC 3339; left out: only a person ends the hold. */
const until = z.optional(z.string());

const heldBySchema = z.discriminatedUnion('rule', [
  /** Held already. */
  z.object({ ...byRule('hold'), id: z.string(), since: z.string(), until }),
  /** A hold would begin with the next sync: it would remove all, or most. */
  z.object({ ...byRule('all'), until }),
  z.object({ ...byRule('most'), until }),
  /** APP_PRUNE_POLICY. */
  z.object(byRule('upsert-only')),
  /** So many systems could not be read whole. */
  z.object({ ...byRule('incomplete'), systems: z.number() }),
  /** The pages lack the system, and the list of ids has it. */
  z.object(byRule('still-assigned')),
  /** That list could not be read. */
  z.object({ ...byRule('unsure'), message: z.string() }),
]);

const heldChangeSchema = z.object({ ...changeSchema.shape, heldBy: heldBySchema });
const labelSchema = z.object({ key: z.string(), value: z.string() });
const failureSchema = z.object({
  applicationId: z.string(),
  name: z.string(),
  reason: z.string(),
  message: z.string(),
});

export const foresightSchema = z.object({
  runtimeId: z.string(),
  /** The agent does nothing of this until it is resumed. */
  suspended: z.boolean(),
  /** How many systems UCL assigns to the runtime. */
  desired: z.number(),
  /** In the order in which they would be made. */
  changes: z.array(changeSchema),
  /** What UCL no longer assigns, and the next sync would leave all the same. */
  held: z.array(heldChangeSchema),
  /** Labels of the runtime that would be set in UCL. */
  labels: z.array(labelSchema),
  /** Systems that cannot be brought into the cluster as they are; nothing of this changes by itself. */
  failures: z.array(failureSchema),
  /** Applications that a person opted out. */
  leftAlone: z.array(z.string()),
});

export type Foresight = z.infer<typeof foresightSchema>;
export type ForeseenChange = z.infer<typeof changeSchema>;
export type ForeseenObject = z.infer<typeof objectSchema>;
export type HeldChange = z.infer<typeof heldChangeSchema>;
export type HeldBy = z.infer<typeof heldBySchema>;
