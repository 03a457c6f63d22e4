import type { ReasonFacts } from './reason-facts.ts';

/** The reasons that conditions alone bear: a part of the table of reasons. */
export const conditionReasons = {
  Connected: {
    group: 'conditions',
    meaning: 'The agent is connected with UCL.',
    you: 'Nothing.',
    where: '`Connected`',
  },
  Synchronized: {
    group: 'conditions',
    meaning: 'Every assigned system is in the cluster.',
    you: 'Nothing.',
    where: '`Synchronized`, `Ready`',
  },
  ApplicationsFailed: {
    group: 'conditions',
    meaning:
      'UCL was read completely, and single systems failed. `Ready` is False where more of them failed than `APP_READY_MAX_FAILED_SHARE` says.',
    you: 'See `status.failures` and the next table.',
    where: '`Synchronized` False; `Ready` True or False',
  },
  MetadataUpdateFailed: {
    group: 'conditions',
    meaning:
      'Every assigned system is in the cluster, but the labels of the runtime (its event and console URL) could not be written to UCL. The message says why.',
    agent: 'tries again with each sync',
    you: 'Nothing, unless the message names something to do.',
    where: '`Synchronized` True, `Ready` True',
  },
  NotYetSynchronized: {
    group: 'conditions',
    meaning: 'The agent has started and has not synchronised yet.',
    you: 'Wait for the first sync.',
    where: '`Synchronized` Unknown',
  },
  Synchronizing: {
    group: 'conditions',
    meaning: 'A sync takes more than a few seconds, as the first one of many systems does.',
    you: 'Wait for its end.',
    where: '`Reconciling` True',
  },
  SyncOverdue: {
    group: 'conditions',
    meaning:
      'No sync has succeeded for three turns of the schedule and a minute, and the agent knows of no failure that explains it. If it knows one, that reason is shown instead.',
    you: 'Look at the log of the agent: `kubectl logs -n kyma-system -l app=compass-runtime-agent --tail=50`.',
    where: '`Ready` False',
  },
  RenewalFailing: {
    group: 'conditions',
    meaning:
      'It is time to renew the certificate, and that failed. The certificate still works. The message says why, when the agent tries again, and what happens if no attempt succeeds.',
    agent: 'tries again every 5 minutes, three times an hour at most',
    you: 'Remove the cause that the message names; a new token always helps ([how](operating.md#a-new-token)).',
    where: '`CertificateValid` True, `Ready` True',
  },
  RenewalOverdue: {
    group: 'conditions',
    meaning:
      'A third of the time between the first attempt to renew the certificate and its end has passed without a renewal.',
    agent: 'goes on trying',
    you: 'As for `RenewalFailing`, before the certificate expires; while suspended nothing is renewed.',
    where: '`Ready` False',
  },
  Suspended: {
    group: 'conditions',
    meaning: 'Somebody has suspended the agent.',
    you: '[Resume it](operating.md#suspend-and-resume).',
    where: '`Synchronized` Unknown, `Ready` True',
  },
  PruneHeld: {
    group: 'conditions',
    meaning: 'A large removal waits until later reads of UCL have confirmed it.',
    you: 'Nothing, or [approve or prevent it](operating.md#held-removals).',
    where: '`PruneHeld` True, `Ready` True',
  },
  StatusStale: {
    group: 'conditions',
    meaning:
      '`status.staleAfter` has passed: the agent has not written its status again, as it does before that. Whatever else stands in the status may not be so any more.',
    you: 'Check whether the agent is running: `ucl-agent doctor` tells.',
    where: 'none; only in `ucl-agent status`',
  },
  NoStatus: {
    group: 'conditions',
    meaning: 'There is a CompassConnection, but no agent has written its status.',
    you: 'Check whether the agent is running.',
    where: 'none; only in `ucl-agent status`',
  },
} as const satisfies Record<string, ReasonFacts>;
