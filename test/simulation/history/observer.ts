import type { Life } from '../agent/life.ts';
import type { KubeWrite } from '../cluster/api-server.ts';
import type { UclCall } from '../ucl/ucl.ts';

/** Who watches the world for what must never be. Each is told of what happens, when it happens. */
export interface Observer {
  /** UCL has handled a request. */
  readonly onUclCall?: (call: UclCall, life: Life) => void;
  /** Its answer has reached the process that asked. */
  readonly onUclDelivered?: (call: UclCall, life: Life) => void;
  /** Its answer never will. */
  readonly onUclLost?: (call: UclCall, life: Life) => void;
  /** The API server has carried out or refused a write, whoever's. */
  readonly onWrite?: (write: KubeWrite) => void;
  readonly onDeath?: (life: Life) => void;
  /** A process stands still, or has lost its Lease: others may go on with what it was doing. */
  readonly onCutOff?: (life: Life) => void;
  /** A process sends a write to the API server, the Lease left out, or a request to UCL. */
  readonly onSend?: (line: string, life: Life) => void;
}
