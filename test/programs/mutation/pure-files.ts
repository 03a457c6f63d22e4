/** The files that decide and do nothing, as patterns from the top of the repository: a change in them is a test's to notice. */
export const pureFiles: readonly string[] = [
  'agent/cli/{connection-report,decide-heap-flags,explain-kept-options,list-holds,relative-time,render-foresight,render-holds,render-report,render-system,render-table,shell-word,to-heap-bytes}.ts',
  'agent/compass/{classify-failure,page-size,parse-connector,parse-director,parse-retry-after,to-safe-message,weigh-answer}.ts',
  'agent/config/{parse-config,parse-values,setting,settle-values}.ts',
  'agent/connection/{connection-memory,decide-connection,decide-pairing-step,decide-renewal,explain-failure,inspect-credential,pairing-pause,pairing-state,verify-certificate}.ts',
  'agent/domain/*.ts',
  'agent/errors/{agent-error,explain}.ts',
  'agent/health/decide-liveness.ts',
  'agent/kube/api/{classify-answer,describe-failure,read-answer,selection,to-server-words}.ts',
  'agent/kube/stores/{connection-form,event-series,pairing-record,parse-object}.ts',
  'agent/kube/watch/watch-standing.ts',
  'agent/log/redact.ts',
  'agent/metrics/{to-renewal-result,to-samples,to-sync-verdict}.ts',
  'agent/pace/{next-scheduled,pace-state,plan-extra-reads,to-retry-at,to-stale-at}.ts',
  'agent/reconcile/{decide-follow-ups,decide-sync,insistence,memory}.ts',
  'agent/status/*.ts',
  'agent/sync/{deletion-policy,explain-rivalries,field-difference,find-unservable,find-wrong-labels,foresee-sync,holds,list-changes,match-systems,note-changes,ownership,permit,plan-application,plan-secrets,plan-sync,prune-note,refusals,rivalries,sync-memory,to-desired-system}.ts',
];
