import type { PodFacts } from './cluster-view.ts';

/** The pod to ask of those that there are, the newest first: one that is ready, or at least runs. Pure. */
export function chooseAgentPod(pods: readonly PodFacts[]): PodFacts | undefined {
  const running = pods.filter(({ phase }) => phase === 'Running');
  return running.find(({ isReady }) => isReady) ?? running[0] ?? pods[0];
}

/** Says that there is none. */
export function describeMissingPod(namespace: string): string {
  return `There is no pod of the agent in namespace ${namespace}`;
}
