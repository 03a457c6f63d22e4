/** Exit codes of the commands, `run` among them. */
export const exitCodes = {
  ok: 0,
  /** The connection is not ready, is suspended, or is not there. */
  notReady: 1,
  /** `diff`: the next synchronization would change something, or leaves something held. */
  differs: 1,
  /** Of `run`: nobody foresaw what happened; it has been told with its frames. */
  defect: 1,
  /** Wrong usage or configuration, or the cluster cannot be reached. */
  unusable: 2,
  /** A defect in any other command: 1 means something there. */
  broken: 3,
  /** `--wait` took too long; the code of timeout(1). */
  timedOut: 124,
} as const;
