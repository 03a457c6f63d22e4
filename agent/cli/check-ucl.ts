import { readProxies } from '../domain/read-proxies.ts';
import type { AgentSide } from './agent-side.ts';
import { askAgentPod } from './ask-agent-pod.ts';
import { type Check, checksSchema } from './check.ts';
import type { CliEdge, ClusterChoice } from './cli-edge.ts';
import type { ClusterView } from './cluster-view.ts';
import { judgeAddress, judgeUcl } from './diagnose.ts';
import { toCheck, unlessRefused } from './unless-refused.ts';

/** Whoever cannot exec into the pod has a cluster all the same. */
const nothingFatal: ReadonlySet<string> = new Set();

const unanswered: Check = { name: 'UCL', verdict: 'unknown', message: "The agent's pod answered something else." };

/**
 * What the agent's pod says of its settings, of the way to UCL and of UCL. Where it cannot be asked, that part is unknown, and
 * the way is looked at from this machine.
 */
export async function checkUcl(
  edge: CliEdge,
  view: ClusterView,
  choice: ClusterChoice,
  namespace: string,
): Promise<Check[]> {
  const { signal } = edge;
  if (view.isServiceAccount) return checkAsAgent(edge, view, choice);
  const ask = async () => {
    const document = await askAgentPod(view, namespace, ['doctor', '--here', '--output', 'json'], signal);
    const { data } = checksSchema.safeParse(document);
    return data?.checks ?? { ...unanswered };
  };
  const found = await unlessRefused('UCL', signal, ask, nothingFatal);
  if (found.some(({ verdict }) => verdict !== 'unknown')) return found;
  return [...found, ...(await lookAtAddresses(edge, view, 'this machine'))];
}

/** The same by the agent's settings in this environment. */
export async function checkAsAgent(edge: CliEdge, view: ClusterView, choice: ClusterChoice): Promise<Check[]> {
  const { signal } = edge;
  let agent: AgentSide;
  try {
    agent = await edge.openAgentSide(choice);
  } catch (error: unknown) {
    return [toCheck('Settings', 'failed', error, signal)];
  }
  try {
    const settings: Check = { name: 'Settings', verdict: 'ok', message: 'The agent can start with its settings.' };
    const addresses = await lookAtAddresses(edge, view, "the agent's pod");
    return [settings, await checkAdmission(agent, signal), ...addresses, ...(await askUcl(agent, signal))];
  } finally {
    agent.close();
  }
}

/** Rights, schema, policies and webhooks, as the API server applies them to this very account. */
async function checkAdmission(agent: AgentSide, signal: AbortSignal): Promise<Check> {
  const name = 'Admission';
  try {
    await agent.tryWrites(signal);
    return { name, verdict: 'ok', message: 'The API server would let an Application and a Secret of the agent in.' };
  } catch (error: unknown) {
    return toCheck(name, 'failed', error, signal);
  }
}

async function askUcl(agent: AgentSide, signal: AbortSignal): Promise<Check[]> {
  try {
    return judgeUcl(await agent.foresee(signal));
  } catch (error: unknown) {
    return [toCheck('UCL', 'failed', error, signal)];
  }
}

function lookAtAddresses(edge: CliEdge, { connection }: ClusterView, where: string): Promise<Check[]> {
  return unlessRefused('Addresses', edge.signal, async () => {
    const { connectorUrl = '', directorUrl = '' } = (await connection.read(edge.signal))?.spec.managementInfo ?? {};
    return [
      await checkAddress(edge, 'Connector', connectorUrl, where),
      await checkAddress(edge, 'Director', directorUrl, where),
    ];
  });
}

async function checkAddress(edge: CliEdge, name: string, text: string, where: string): Promise<Check> {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') return { name, verdict: 'unknown', message: 'Its address is not known yet.' };
  const proxies = readProxies(edge.env);
  if (proxies.ok && proxies.choose(url) !== undefined) {
    return { name, verdict: 'unknown', message: `A proxy stands between ${where} and UCL; it was not asked.` };
  }
  return judgeAddress(name, url, await edge.probe(url), where);
}
