import type { NameSource } from './ports.ts';
import type { SyncMemory } from './sync-memory.ts';

/**
 * Whether UCL assigns other systems, or by other names, than the last read has. It cannot tell whether anything within a
 * system changed: UCL shows that nowhere but in a full read (docs/contracts/compass.md).
 * @throws AgentError when UCL cannot be asked.
 */
export async function probeLandscape(
  { landscape }: Pick<SyncMemory, 'landscape'>,
  source: NameSource,
  signal: AbortSignal,
): Promise<boolean> {
  if (landscape === undefined) return true;
  const names = await source.readNames(signal);
  const known = new Map(landscape.applications.map(({ id, name }) => [id, name]));
  for (const { applicationId, name } of landscape.gaps) known.set(applicationId, name);
  return names.size !== known.size || [...names].some(([id, name]) => known.get(id) !== name);
}
