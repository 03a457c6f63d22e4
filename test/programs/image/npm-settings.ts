import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { ImageError } from './image-error.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Values by the keys of an npmrc; a key of a list ends in `[]` and has several. */
type Settings = ReadonlyMap<string, readonly string[]>;

/** What decides whether npm can have its packages; everything else on this machine is of no use in the build. */
const registryKeys = new Set([
  'registry',
  'replace-registry-host',
  'ca',
  'cafile',
  'cert',
  'key',
  'strict-ssl',
  'proxy',
  'https-proxy',
  'noproxy',
  'fetch-retries',
  'fetch-retry-mintimeout',
  'fetch-retry-maxtimeout',
  'fetch-timeout',
  'maxsockets',
]);

/** What the build is told in secret; an empty text where there is nothing to tell. */
export interface NpmSettings {
  /** Text of an npmrc, variables filled in. It may hold credentials. */
  readonly npmrc: string;
  /** Certificates of the authorities that npm is to trust, for the file that the npmrc names. */
  readonly authorities: string;
}

/** Where the Dockerfile mounts the authorities. */
const authoritiesFile = '/run/secrets/npm-ca';

/**
 * What npm on this machine knows about registries, in a form that needs nothing else of the machine.
 * https://docs.npmjs.com/cli/v11/configuring-npm/npmrc
 * @throws ImageError when a setting names a file that cannot be passed on.
 */
export function collectNpmSettings(env: Environment): NpmSettings {
  const userFile = env.npm_config_userconfig ?? env.NPM_CONFIG_USERCONFIG ?? path.join(homedir(), '.npmrc');
  // npm tells its scripts where it is.
  const globalFile = env.npm_config_globalconfig ?? env.NPM_CONFIG_GLOBALCONFIG;
  const { cafile, ...settings } = Object.fromEntries([
    ...fromProxyVariables(env),
    ...(globalFile === undefined ? [] : parseNpmrc(readIfThere(globalFile), env)),
    ...parseNpmrc(readIfThere(userFile), env),
    ...fromNpmVariables(env),
  ]);
  // As in npm, `ca` counts more than `cafile`.
  const isDecided = settings.ca !== undefined || settings['ca[]'] !== undefined;
  const authorities = isDecided ? '' : (readAuthorities(cafile?.[0]) ?? readExtraAuthorities(env));
  const lines = Object.entries(settings).flatMap(([key, values]) => values.map((value) => `${key}=${value}\n`));
  return { npmrc: [...lines, ...(authorities === '' ? [] : [`cafile=${authoritiesFile}\n`])].join(''), authorities };
}

/** The settings of an npmrc that concern registries, with variables filled in. */
export function parseNpmrc(text: string, env: Environment): Settings {
  const settings = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, rawKey = '', rawValue = ''] = /^\s*([^;#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (!isAboutRegistries(rawKey)) continue;
    const key = fillIn(rawKey, env);
    const value = fillIn(rawValue, env);
    settings.set(key, key.endsWith('[]') ? [...(settings.get(key) ?? []), value] : [value]);
  }
  return settings;
}

function isAboutRegistries(key: string): boolean {
  if (/^\/\/.*:(cert|key)file$/.test(key)) {
    throw new ImageError(`The npm setting ${key} names a file of this machine, which the build does not see.`);
  }
  return registryKeys.has(key.replace(/\[\]$/, '')) || key.startsWith('//') || /^@[^:]+:registry$/.test(key);
}

/** `${NAME}` stays where NAME is not set, and `${NAME?}` becomes empty, as npm has it. */
function fillIn(text: string, env: Environment): string {
  return text.replace(/\$\{([^${}?]+)(\?)?\}/g, (all, name: string, optional?: string) => {
    return env[name] ?? (optional === undefined ? all : '');
  });
}

function fromProxyVariables(env: Environment): Settings {
  const names = { proxy: 'http_proxy', 'https-proxy': 'https_proxy', noproxy: 'no_proxy' };
  return new Map(
    Object.entries(names).flatMap(([key, name]) => {
      const value = env[name] || env[name.toUpperCase()];
      return value ? [[key, [value]]] : [];
    }),
  );
}

/** `npm_config_registry` and the like; npm also tells its scripts its settings that way. */
function fromNpmVariables(env: Environment): Settings {
  return new Map(
    Object.entries(env).flatMap(([name, value]) => {
      const said = /^npm_config_(.+)$/i.exec(name)?.[1] ?? '';
      const key = /^(\/\/|@)/.test(said) ? said : said.toLowerCase().replaceAll('_', '-');
      return value && isAboutRegistries(key) ? [[key, [value]]] : [];
    }),
  );
}

function readAuthorities(cafile: string | undefined): string | undefined {
  return cafile === undefined ? undefined : readIfThere(cafile.replace(/^(["'])(.*)\1$/, '$2'));
}

/** `cafile` takes the place of the authorities that Node brings, while NODE_EXTRA_CA_CERTS adds to them. */
function readExtraAuthorities(env: Environment): string {
  const extra = env.NODE_EXTRA_CA_CERTS ? readIfThere(env.NODE_EXTRA_CA_CERTS) : '';
  return extra === '' ? '' : [...rootCertificates, extra].join('\n');
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
