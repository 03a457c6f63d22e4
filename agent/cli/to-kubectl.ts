import type { ClusterChoice } from './cli-edge.ts';
import { shellWord } from './shell-word.ts';

/** The beginning of a command for a person, which must not hit another cluster than the one that was looked at. */
export function toKubectl({ kubeconfigFile, context }: ClusterChoice): string {
  return [
    'kubectl',
    ...(kubeconfigFile === undefined ? [] : ['--kubeconfig', shellWord(kubeconfigFile)]),
    ...(context === undefined ? [] : ['--context', shellWord(context)]),
  ].join(' ');
}
