import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { z } from 'zod';

const root = path.join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const packageSchema = z.object({ version: z.string(), description: z.string(), license: z.string() });

/** The programs of the archive; each is the launcher, under a name that it looks at. */
const launchers = ['ucl-agent', 'kubectl-ucl', 'kubectl_complete-ucl'] as const;

export interface Archive {
  readonly file: string;
  /** krew's manifest for it. */
  readonly manifest: string;
}

/**
 * Writes the command line as one archive that krew, npm and tar unpack, and krew's manifest beside it.
 * @param bundle the built program; its list of licences lies beside it.
 * @param folder where both go.
 * @param address where people will download the archive; krew insists on one.
 */
export async function writeArchive(bundle: string, folder: string, address?: string): Promise<Archive> {
  const about = packageSchema.parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
  const stage = await mkdtemp(path.join(tmpdir(), 'ucl-agent-archive-'));
  try {
    await writeStage(stage, bundle, about);
    await mkdir(folder, { recursive: true });
    await run('npm', ['pack', '--silent', '--pack-destination', path.resolve(folder)], { cwd: stage });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  const name = `ucl-agent-${about.version}.tgz`;
  const file = path.join(folder, name);
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const manifest = path.join(folder, 'ucl.yaml');
  await writeFile(manifest, stringify(toManifest(about, address ?? `https://localhost/${name}`, sha256)));
  return { file, manifest };
}

type About = z.infer<typeof packageSchema>;

async function writeStage(stage: string, bundle: string, { version, description, license }: About): Promise<void> {
  const names = [...launchers, 'ucl-agent.js', 'kubectl-ucl.js', 'ucl-agent.js.LEGAL.txt'];
  const manifest = {
    ...{ name: 'ucl-agent', version, description, license, type: 'module', os: ['!win32'] },
    engines: { node: '>=22.19' },
    bin: Object.fromEntries(launchers.map((name) => [name, name])),
    files: names,
  };
  await writeFile(path.join(stage, 'package.json'), JSON.stringify(manifest, undefined, 2));
  for (const name of launchers) {
    await copyFile(path.join(import.meta.dirname, 'launcher.sh'), path.join(stage, name));
    await chmod(path.join(stage, name), 0o755);
  }
  await copyFile(bundle, path.join(stage, 'ucl-agent.js'));
  await copyFile(`${bundle}.LEGAL.txt`, path.join(stage, 'ucl-agent.js.LEGAL.txt'));
  await copyFile(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'));
  // The program tells by the name of its file how it was called.
  await writeFile(path.join(stage, 'kubectl-ucl.js'), "import './ucl-agent.js';\n");
}

/** https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/ */
function toManifest({ version, description }: About, uri: string, sha256: string) {
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'ucl' },
    spec: {
      version: `v${version}`,
      shortDescription: 'Show and steer the agent that connects Kyma with UCL',
      description: `${description}.\nThis plugin shows and steers the agent, with your own rights.\n`,
      caveats: 'It needs Node 22.19 or newer in your PATH.\n',
      platforms: [
        {
          selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['darwin', 'linux'] }] },
          ...{ uri, sha256, bin: 'kubectl-ucl' },
          files: [{ from: 'package/*', to: '.' }],
        },
      ],
    },
  };
}
