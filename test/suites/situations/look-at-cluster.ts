import { execFile } from 'node:child_process';
import type { Kubectl } from '../../servers/cluster/create-kubectl.ts';

export interface Onlooker {
  readonly kubectl: Kubectl;
  /** The built program, and the kubeconfig of the person who calls it. */
  readonly program: string;
  readonly kubeconfigFile: string;
  /** Tells the state of an object as Flux and Helm judge it. */
  readonly kstatus: string;
}

const connection = 'compassconnections.compass.kyma-project.io/compass-connection';
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
    ['kubectl wait --for=condition=Ready --timeout=0 compassconnections/compass-connection', await wait(onlooker)],
    ['kubectl get compassconnections compass-connection -o json | kstatus', await judge(onlooker)],
    ['ucl-agent status', await runStatus(onlooker)],
  ];
  return sections.map(([command, output]) => `$ ${command}\n${output.trimEnd()}\n`).join('\n');
}

async function wait({ kubectl }: Onlooker): Promise<string> {
  const { code, stdout, stderr } = await kubectl(['wait', '--for=condition=Ready', '--timeout=0', connection]);
  return `${stdout}${stderr}`.trimEnd().concat(`\n(exit code ${code})`);
}

async function judge({ kubectl, kstatus }: Onlooker): Promise<string> {
  const { code, stdout, stderr } = await kubectl(['get', connection, '-o', 'json']);
  return code === 0 ? toStable((await runProgram(kstatus, [], { input: stdout })).output) : stderr;
}

async function runKubectl({ kubectl }: Onlooker, args: string[]): Promise<string> {
  const { stdout, stderr } = await kubectl(args);
  return `${stdout}${stderr}`;
}

/** From the spec on: what is above differs with each object. Events come in a section of their own. */
async function describe(onlooker: Onlooker): Promise<string> {
  const text = await runKubectl(onlooker, ['describe', connection]);
  const spec = text.indexOf('\nSpec:');
  const events = text.search(/\nEvents:/);
  return toStable(spec === -1 ? text : text.slice(spec + 1, events === -1 ? undefined : events + 1));
}

async function runStatus({ program, kubeconfigFile }: Onlooker): Promise<string> {
  const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfigFile, NO_COLOR: '1' };
  const { code, output } = await runProgram(process.execPath, [program, 'status'], { env });
  return `${toStable(output).trimEnd()}\n(exit code ${code})`;
}

function runProgram(
  file: string,
  args: readonly string[],
  { env = {}, input = '' }: { env?: NodeJS.ProcessEnv; input?: string },
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` });
    });
    child.stdin?.end(input);
  });
}

/** Events that come together have no order. */
function toSortedRows(text: string): string {
  const [header = '', ...rows] = text.trimEnd().split('\n');
  return [header, ...rows.sort()].join('\n');
}

function toStableTable(text: string): string {
  return (
    toStable(text)
      // kubectl shows a time that is still to come as <invalid>; of one that is close to now it may be either.
      .replaceAll(/(?<=\s|^)((\d+[dhms])+|<invalid>)(?=\s|$)/gm, '<age>')
      .replaceAll(/ {2,}/g, '  ')
  );
}

const replacements: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/(prune-approved(: "|=))[0-9a-f]+/g, '$1<hold>'],
  [/(Held Hash:\s+)[0-9a-f]+/g, '$1<hold>'],
  [/(Last Handled (Sync|Renew) Request:\s+)\S+/g, '$1<token>'],
  [/\b(\d+ (s|min|h|days) ago|in \d+ (s|min|h|days)|now)\b/g, '<when>'],
  // The width of the column is that of the longest.
  [/<when> {2,}/g, '<when>  '],
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
