import { execFile } from 'node:child_process';
import type { Kubectl } from '../../servers/cluster/create-kubectl.ts';

export interface Onlooker {
  readonly kubectl: Kubectl;
  /** The built program, and the kubeconfig of the person who calls it. */
  readonly program: string;
  readonly kubeconfigFile: string;
}

const columns = 'TYPE:.type,REASON:.reason,MESSAGE:.message';
const ofConnection = ['-n', 'default', '--field-selector', 'involvedObject.kind=CompassConnection'];

/** What a person sees who looks with kubectl and the command line alone, with all that differs from run to run replaced. */
export async function lookAtCluster(onlooker: Onlooker): Promise<string> {
  const table = async (...args: string[]) => toStableTable(await runKubectl(onlooker, args));
  const connections = 'compassconnections.compass.kyma-project.io';
  const sections: [string, string][] = [
    ['kubectl get compassconnections', await table('get', connections)],
    ['kubectl get compassconnections -o wide', await table('get', connections, '-o', 'wide')],
    ['kubectl describe compassconnection compass-connection', await describe(onlooker)],
    [
      'kubectl get events -n default --field-selector involvedObject.kind=CompassConnection',
      toSortedRows(await table('get', 'events', ...ofConnection, '-o', `custom-columns=${columns}`)),
    ],
    ['ucl-agent status', await runStatus(onlooker)],
  ];
  return sections.map(([command, output]) => `$ ${command}\n${output.trimEnd()}\n`).join('\n');
}

async function runKubectl({ kubectl }: Onlooker, args: string[]): Promise<string> {
  const { stdout, stderr } = await kubectl(args);
  return `${stdout}${stderr}`;
}

/** From the spec on: what is above differs with each object. Events come in a section of their own. */
async function describe(onlooker: Onlooker): Promise<string> {
  const text = await runKubectl(onlooker, [
    'describe',
    'compassconnections.compass.kyma-project.io',
    'compass-connection',
  ]);
  const spec = text.indexOf('\nSpec:');
  const events = text.search(/\nEvents:/);
  return toStable(spec === -1 ? text : text.slice(spec + 1, events === -1 ? undefined : events + 1));
}

function runStatus({ program, kubeconfigFile }: Onlooker): Promise<string> {
  const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfigFile, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'status'], { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve(`${toStable(`${stdout}${stderr}`).trimEnd()}\n(exit code ${code})`);
    });
  });
}

/** Events that come together have no order. */
function toSortedRows(text: string): string {
  const [header = '', ...rows] = text.trimEnd().split('\n');
  return [header, ...rows.sort()].join('\n');
}

function toStableTable(text: string): string {
  return toStable(text)
    .replaceAll(/(?<=\s|^)(\d+[dhms])+(?=\s|$)/gm, '<age>')
    .replaceAll(/ {2,}/g, '  ');
}

const replacements: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/(prune-approved(: "|=))[0-9a-f]+/g, '$1<hold>'],
  [/(Held Hash:\s+)[0-9a-f]+/g, '$1<hold>'],
  [/(Last Handled (Sync|Renew) Request:\s+)\S+/g, '$1<token>'],
  [/\b(\d+ (s|min|h|days) ago|in \d+ (s|min|h|days)|now)\b/g, '<when>'],
  [/there is no such host name \(ENOTFOUND\)|the name server did not answer \(EAI_AGAIN\)/g, '<no DNS>'],
  // A watch that breaks may set off a look before the test does.
  [/(Last Sync Trigger:\s+)\S+/g, '$1<trigger>'],
  [/^( +last +<time> \(<when>\)), .*$/gm, '$1, <trigger>'],
  [/ --kubeconfig(=| )\S+/g, ''],
  [/[ \t]+$/gm, ''],
];

function toStable(text: string): string {
  return replacements.reduce((present, [pattern, replacement]) => present.replaceAll(pattern, replacement), text);
}
