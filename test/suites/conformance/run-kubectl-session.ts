import type { Kubectl } from '../../servers/kube-api/create-kubectl.ts';
import type { Json } from '../../servers/kube-api/kube-object.ts';
import { secret, widget } from '../../servers/kube-api/widget-crd.ts';
import { PATCHED } from './stable-answer.ts';

/** One command; `until` ends one that would go on, and `meanwhile` is run while it does, again and again with `until`. */
interface Command {
  args: string;
  input?: object;
  until?: RegExp;
  meanwhile?: string[];
}

const READY = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}';
const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'b' } };
const EVENT = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'k.1' },
  involvedObject: { apiVersion: 'example.test/v1', kind: 'Widget', name: 'k' },
  type: 'Warning',
  reason: 'Frayed',
  message: 'needs care',
  source: { component: 'test' },
};

function resize(size: number): string {
  return `patch wd k --type=merge -p {"spec":{"size":${size}}}`;
}

/** A day with kubectl: what people do with the objects of the agent, on kinds that both servers have. */
const COMMANDS: Command[] = [
  { args: 'create namespace kubectl' },
  { args: 'get namespace kubectl' },
  { args: 'create -n kubectl -f -', input: CONFIG },
  { args: 'create secret generic token -n kubectl --from-literal=TOKEN=abc' },
  { args: 'apply -f -', input: widget('k') },
  { args: 'apply -f -', input: widget('k') },
  { args: 'apply -f -', input: widget('k', { size: 2 }) },
  { args: 'apply -f - --dry-run=server', input: widget('k', { size: 3 }) },
  { args: 'apply -f -', input: widget('k', { size: 1, extra: 1 }) },
  { args: 'apply -n kubectl -f -', input: secret('applied') },
  { args: 'apply -n kubectl -f -', input: secret('applied', { labels: { a: 'b' } }) },
  { args: 'get widgets k' },
  { args: 'get wd k -o wide' },
  { args: 'get wd/k -o jsonpath={.spec}' },
  { args: 'get wd -l tier=none' },
  { args: 'get wd --field-selector metadata.name=k' },
  { args: 'get secrets,configmaps -n kubectl' },
  { args: 'get secrets -n kubectl --chunk-size=1' },
  { args: 'get secrets -A --field-selector metadata.name=token' },
  { args: 'get wd missing' },
  { args: 'get crd widgets.example.test -o jsonpath={.spec.names}' },
  { args: 'annotate wd k example.test/note=1' },
  { args: 'annotate wd k example.test/note=2' },
  { args: 'annotate wd k example.test/note=2 --overwrite' },
  { args: 'annotate wd k example.test/note-' },
  { args: 'label wd k tier=front' },
  { args: 'patch wd k --type=merge -p {"spec":{"size":3}}' },
  { args: 'patch wd k --type=json -p [{"op":"add","path":"/spec/label","value":"abc"}]' },
  { args: 'patch wd k --type=merge -p {"spec":{"size":0}}' },
  { args: 'patch secret token -n kubectl -p {"metadata":{"labels":{"a":"b"}}}' },
  { args: `patch wd k --subresource=status --type=merge -p ${READY}` },
  { args: 'get wd k --subresource=status' },
  { args: 'wait wd/k --for=condition=Ready --timeout=30s' },
  { args: 'wait wd/k --for=jsonpath={.spec.size}=3 --timeout=30s' },
  { args: 'create -n default -f -', input: EVENT },
  { args: 'get events -n default --field-selector involvedObject.name=k' },
  { args: 'describe wd k' },
  { args: 'describe secret token -n kubectl' },
  { args: 'get wd k -w', until: /^k +8 /m, meanwhile: [resize(7), resize(8)] },
  { args: 'get wd -l tier=front -w', until: /^k +6 /m, meanwhile: [resize(5), resize(6)] },
  { args: 'wait wd/k --for=delete --timeout=30s', meanwhile: ['delete wd k'] },
  { args: 'wait wd/k --for=delete --timeout=30s' },
  { args: 'delete wd k' },
  { args: 'delete secret token -n kubectl --cascade=orphan --wait=false' },
  { args: 'delete secrets -n kubectl --all' },
  { args: 'delete configmap settings -n kubectl --ignore-not-found' },
];

/** Runs the commands one after the other and returns what each said, without what no two servers have in common. */
export async function runKubectlSession(kubectl: Kubectl): Promise<Json[]> {
  const told: Json[] = [];
  for (const { args, input, until, meanwhile = [] } of COMMANDS) {
    let ended = false;
    const main = kubectl.run(args.split(' '), input, until).finally(() => {
      ended = true;
    });
    do {
      // Of a single object kubectl swallows what happens before its watch has begun: it has to happen again.
      for (const other of meanwhile) await kubectl.run(other.split(' '));
    } while (until !== undefined && !ended);
    const { code, output } = await main;
    const lines = toLines(output);
    // What is said before the awaited depends on who comes first: what counts is what it comes to.
    if (until !== undefined) told.push({ command: args, reached: until.test(output) });
    else told.push(meanwhile.length > 0 ? { command: args, code } : { command: args, code, lines });
  }
  return told;
}

function toLines(output: string): string[] {
  return output
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(PATCHED, '<object>: ')
        .replace(/\b(\d+m)?\d+(\.\d+)?m?s\b/g, '<age>')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
        .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
        .replace(/(?<=Resource Version: +)\d+/g, '<version>')
        .replace(/ +/g, ' ')
        .trim(),
    );
}
