import { access, chmod, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules, isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

/** `npm run build`: bundles the agent into `dist/ucl-agent.js`, one file that needs no `node_modules`. */

const root = import.meta.dirname;
/** Another folder can be named on the command line; npm runs scripts in the folder of the project, wherever the person is. */
const folder = resolve(process.env.INIT_CWD ?? '', process.argv[2] ?? join(root, 'dist'));
const outfile = join(folder, 'ucl-agent.js');
/** The benchmark bundles parts in the same way, to weigh them. */
const entry = process.argv[3] ?? join(root, 'agent', 'main.ts');

/** CommonJS modules in the bundle use it, and all that uses what Node itself has. */
const banner = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
].join('\n');

/**
 * Parts of packages that the agent never calls and that would cost megabytes of memory, each with what takes its place.
 * client-node generates a class for each kind of Kubernetes, and the agent works on plain JSON over node:https.
 */
const leftOut: readonly { importer: RegExp; specifier: RegExp; exports: readonly string[] }[] = [
  {
    importer: /client-node\/dist\/config\.js$/,
    specifier: /^\.\/gen\/index\.js$/,
    exports: ['createConfiguration', 'ServerConfiguration'],
  },
  { importer: /client-node\/dist\/config\.js$/, specifier: /^\.\/middleware\.js$/, exports: ['setHeaderMiddleware'] },
  { importer: /client-node\/dist\/config\.js$/, specifier: /^undici$/, exports: ['Agent', 'ProxyAgent'] },
  { importer: /\/axios\//, specifier: /^form-data$/, exports: ['default'] },
  // Other ways of axios than that of Node over node:https.
  { importer: /\/axios\//, specifier: /^\.\/fetch\.js$/, exports: ['getFetch'] },
  { importer: /\/axios\//, specifier: /^http2$/, exports: ['default'] },
  { importer: /\/zod\//, specifier: /^\.\.\/locales\/index\.js$/, exports: [] },
];

const leaveOut: Plugin = {
  name: 'leave-out',
  setup(builder) {
    builder.onResolve({ filter: /.*/ }, ({ path, importer }) => {
      const index = leftOut.findIndex((rule) => rule.importer.test(importer) && rule.specifier.test(path));
      return index === -1 ? undefined : { path: String(index), namespace: 'left-out', sideEffects: false };
    });
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: (leftOut[Number(path)]?.exports ?? [])
        .map(
          (name, index) => `function leftOut${index}() { throw new Error('${name} is not part of this bundle'); }
          export { leftOut${index} as ${name} };`,
        )
        .concat('export {};')
        .join('\n'),
    }));
  },
};

/**
 * Node's own modules. A module of ECMAScript that imports one makes Node look at all of its exports, and behind one of
 * those of `http` waits all of `fetch`: 7 MiB of memory that nobody uses. winston brings the streams of Node along as a
 * package; Node's own take their place, which Node has loaded anyway.
 */
const requireBuiltins: Plugin = {
  name: 'require-builtins',
  setup(builder) {
    const replaced = new Map([
      ...builtinModules.map((name): [string, string] => [name, `require('${name}')`]),
      ['readable-stream', "require('stream')"],
      ['readable-stream/lib/_stream_writable.js', "require('stream').Writable"],
    ]);
    builder.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      const isTaken = replaced.has(name) && !(kind === 'require-call' && isBuiltin(path));
      return isTaken ? { path: name, namespace: 'builtin', sideEffects: false } : undefined;
    });
    builder.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = ${replaced.get(path)};`,
      loader: 'js',
    }));
  },
};

/**
 * Node loads its `fetch` with all that belongs to it, 7 MiB of memory, as soon as anybody looks at one of its globals.
 * graphql-request gets headers of our own (`inject` below), and axios finds no forms, which the agent never sends.
 */
const withoutFetch: Plugin = {
  name: 'without-fetch',
  setup(builder) {
    builder.onLoad({ filter: /\/axios\/lib\/utils\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replaceAll('G.FormData', 'undefined');
      return contents === source ? { errors: [{ text: 'axios looks for FormData in another way' }] } : { contents };
    });
  },
};

/** Proof that the above still holds when packages change. */
const unwanted = [
  /client-node\/dist\/gen\//,
  /node_modules\/(undici|mime-db|rxjs|readable-stream)\//,
  /zod\/v4\/(locales\/(?!en\.js)|classic\/from-json-schema)/,
];

/** A checkout may be read-only. */
async function prepareFolder(): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error: unknown) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    console.error(`${folder} cannot be written (${code}). Name another folder: npm run build -- FOLDER`);
    process.exit(1);
  }
}

async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) {
    throw new Error('package.json has no version');
  }
  return String(manifest.version);
}

/** Bytes that each package contributes, largest first. */
function weigh(metafile: Metafile): [string, number][] {
  const bytes = new Map<string, number>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1] ?? 'ucl-agent';
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes].sort((a, b) => b[1] - a[1]);
}

function findUnwanted(metafile: Metafile): string[] {
  return Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs)
      .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && unwanted.some((pattern) => pattern.test(path)))
      .map(([path]) => path),
  );
}

await prepareFolder();
const { metafile } = await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // Modules of ECMAScript can be shaken, CommonJS cannot.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  // Names of classes stand in logs. `keepNames` would do as well, at the price of a call for each function that is made.
  minifyIdentifiers: false,
  legalComments: 'external',
  banner: { js: banner },
  plugins: [leaveOut, requireBuiltins, withoutFetch],
  inject: [join(root, 'agent', 'compass', 'headers.ts')],
  define: { UCL_AGENT_VERSION: JSON.stringify(await readVersion()), 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  logLevel: 'warning',
});
await chmod(outfile, 0o755);

const weights = weigh(metafile);
await writeFile(join(folder, 'ucl-agent.meta.json'), JSON.stringify(metafile));
const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
const total = weights.reduce((sum, [, bytes]) => sum + bytes, 0);
console.log(`${outfile}: ${kib(total)}`);
for (const [name, bytes] of weights.slice(0, 12)) console.log(`  ${name.padEnd(28)} ${kib(bytes).padStart(9)}`);

const found = findUnwanted(metafile);
if (found.length > 0) {
  console.error(`These modules must not be in the bundle:\n${found.slice(0, 20).join('\n')}`);
  process.exitCode = 1;
}
