import type { ApiServer } from '../cluster/api-server.ts';
import type { Chance } from '../time/chance.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Life } from './life.ts';

/** What lies between a process and the API server. */
export interface ClusterWire {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly server: ApiServer;
  /** What this life asked for, and when it took effect. */
  readonly onCall: (line: string, life: Life) => void;
  /** What this life sends that changes something, when it sends it; the Lease left out. */
  readonly onSend: (line: string) => void;
}
