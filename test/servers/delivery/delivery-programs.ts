import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildGoPrograms, hasGo, MissingBinariesError } from '../cluster/build-go-programs.ts';
import { type BinariesEnvironment, cacheFolderOf, executable } from '../cluster/cluster-binaries.ts';

/** Paths of the programs by which people install the agent, or judge it. */
export interface DeliveryPrograms {
  helm: string;
  /** Runs Lua by the library that Argo CD runs health scripts with. */
  glua: string;
  /** Tells the state of an object by the rules of Flux and Helm; see `go/kstatus`. */
  kstatus: string;
}

const module = path.join(import.meta.dirname, 'go');
const packages = ['helm.sh/helm/v4/cmd/helm', 'github.com/yuin/gopher-lua/cmd/glua', './kstatus'];

/** Gives undefined where one of them is missing. */
export async function findDeliveryPrograms(env: BinariesEnvironment): Promise<DeliveryPrograms | undefined> {
  const folder = await cacheFolderOf('delivery', module, env);
  const [helm, glua, kstatus] = await Promise.all(['helm', 'glua', 'kstatus'].map((name) => executable(folder, name)));
  return helm && glua && kstatus ? { helm, glua, kstatus } : undefined;
}

/**
 * Makes sure that they are there, and builds those that are not: about four minutes on 2 cores, once.
 * @param report is given one line where that takes long.
 * @throws MissingBinariesError without the programs and without a way to build them.
 */
export async function buildDeliveryPrograms(env: BinariesEnvironment, report: (line: string) => void): Promise<void> {
  if (await findDeliveryPrograms(env)) return;
  if (!(await hasGo()))
    throw new MissingBinariesError('The tests of the Helm chart need Go 1.26 or later, to build helm.');
  report('Building helm, glua and kstatus from Go modules; this takes minutes, once.');
  await buildGoPrograms({ module, packages, folder: await cacheFolderOf('delivery', module, env) });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await buildDeliveryPrograms(process.env, (line) => process.stderr.write(`${line}\n`));
  } catch (error: unknown) {
    if (!(error instanceof MissingBinariesError)) throw error;
    // Without Go the other tests on the API server can run all the same; those that need a program say so.
    process.stderr.write(`${error.message}\n`);
  }
}
