import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The commands of the documents that need a pod. Each block of a page that holds one is run as it stands, and has an
 * entry here; a test of `npm test` compares the two.
 */

export interface PodCommand {
  /** The first line of the block that needs a pod. */
  readonly line: string;
  /** What the block's output has to match. */
  readonly shows: RegExp;
  /** It ends the pod, which is started again afterwards. */
  readonly endsPod?: true;
}

export const podCommands: readonly PodCommand[] = [
  {
    line: 'kubectl rollout status deployment/compass-runtime-agent -n kyma-system --timeout=120s',
    shows: /successfully rolled out[\s\S]*condition met[\s\S]*compass-connection +Synchronized +True/,
  },
  {
    line: 'kubectl wait --for=delete pod -l app=compass-runtime-agent -n kyma-system --timeout=60s',
    shows: /condition met/,
    endsPod: true,
  },
  {
    line: 'kubectl exec -n kyma-system deployment/compass-runtime-agent -- node /app/ucl-agent.js status',
    shows: /^Ready +True/m,
  },
  {
    line: 'kubectl exec -n kyma-system deployment/compass-runtime-agent -- node /app/ucl-agent.js diff || test $? -eq 1',
    shows: /the next synchronization would change nothing/,
  },
  {
    line: 'kubectl exec -n kyma-system deployment/compass-runtime-agent -- node /app/ucl-agent.js doctor --here',
    shows: /^ok +UCL: UCL accepts the certificate, and assigns 3 systems /m,
  },
  {
    line: 'kubectl logs -n kyma-system -l app=compass-runtime-agent --tail=50',
    shows: /compass-runtime-agent +1\/1[\s\S]*"message":"Synchronised"/,
  },
  {
    line: `kubectl get pods -n kyma-system -l app=compass-runtime-agent -o jsonpath='{range .items[*]}{.metadata.name} restarts={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].lastState.terminated.reason}{"\\n"}{end}'`,
    shows: /^compass-runtime-agent-\S+ restarts=\d+ /m,
  },
  {
    line: 'kubectl port-forward -n kyma-system deployment/compass-runtime-agent 8090 &',
    shows: /"status":"ok"/,
  },
  {
    line: 'kubectl port-forward -n kyma-system deployment/compass-runtime-agent 8091:8090 &',
    shows: /^ucl_agent_ready 1$/m,
  },
  {
    line: `kubectl logs -n kyma-system -l app=compass-runtime-agent --tail=-1 | grep '"requestId":"<the id>"'`,
    shows: /"message":"Synchronised"/,
  },
];

const needsPod = /\bkubectl (?:attach|cp|debug|exec|logs|port-forward|rollout|top)\b|\bkubectl .*\bpods?\b/;

/** A block of commands, and the first line in it that needs a pod. */
export interface PodBlock {
  readonly commands: string;
  readonly line: string;
}

/** The blocks of a page (Markdown) that need a pod. */
export function findPodBlocks(page: string): PodBlock[] {
  const blocks = page.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm);
  return [...blocks].flatMap(([, indent = '', text = '']) => {
    const commands = text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    const line = commands.split('\n').find((each) => needsPod.test(each));
    return line === undefined ? [] : [{ commands, line }];
  });
}

/** Commands that stand within a sentence: those that need a pod. */
export function findPodSpans(page: string): string[] {
  const prose = page.replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span).filter((span) => needsPod.test(span));
}

const documents = path.join(import.meta.dirname, '../../../docs');

/** The texts of all pages of `docs/`. */
export function readPages(): string[] {
  const files = readdirSync(documents, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  return files.map((file) => readFileSync(path.join(documents, file), 'utf8'));
}
