import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { ImageError } from './image-error.ts';
import { collectNpmSettings } from './npm-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'ucl-agent-npmrc-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** What is collected from files of these contents and the variables. */
function collect({ user = '', global = '' }, variables: Record<string, string> = {}) {
  return collectNpmSettings({
    npm_config_userconfig: write('user', user),
    npm_config_globalconfig: write('global', global),
    ...variables,
  });
}

const certificate = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;

test('addresses and credentials of registries are passed on, and nothing that only this machine understands', () => {
  const user = `
; a comment
registry = https://registry.example.com/npm/
@sap:registry=https://sap.example.com/
//registry.example.com/npm/:_authToken = "a=b"
prefix=/home/somebody/.npm-global
cache=/home/somebody/.npm
`;
  expect(collect({ user }).npmrc).toBe(`registry=https://registry.example.com/npm/
@sap:registry=https://sap.example.com/
//registry.example.com/npm/:_authToken="a=b"
`);
});

test('variables are filled in, since they are not set in the build', () => {
  const token = (host: string, variable: string) => `//${host}.example.com/:_authToken=$\{${variable}}\n`;
  const user = `${token('a', 'TOKEN')}${token('b', 'NONE')}${token('c', 'NONE?')}`;
  expect(collect({ user }, { TOKEN: 'secret' }).npmrc).toBe(
    `//a.example.com/:_authToken=secret\n${token('b', 'NONE')}//c.example.com/:_authToken=\n`,
  );
});

test('the file of the user counts more than that of the machine, and variables more than both', () => {
  const files = { global: 'registry=https://a.example.com/\nnoproxy=a', user: 'registry=https://b.example.com/\n' };
  expect(collect(files).npmrc).toBe('registry=https://b.example.com/\nnoproxy=a\n');
  const variables = {
    npm_config_registry: 'https://c.example.com/',
    NPM_CONFIG_STRICT_SSL: 'false',
    npm_config_proxy: '',
  };
  expect(collect(files, variables).npmrc).toBe('registry=https://c.example.com/\nnoproxy=a\nstrict-ssl=false\n');
});

test('the proxy that npm takes from the environment is passed on', () => {
  const variables = { HTTPS_PROXY: 'http://proxy.example.com:8080', no_proxy: 'localhost' };
  expect(collect({}, variables).npmrc).toBe('https-proxy=http://proxy.example.com:8080\nnoproxy=localhost\n');
  expect(collect({ user: 'https-proxy=http://other.example.com' }, variables).npmrc).toContain('other.example.com');
});

test('the authorities that npm trusts are passed on as a file of their own', () => {
  const cafile = write('ca.pem', certificate('private'));
  expect(collect({ global: `cafile="${cafile}"` })).toEqual({
    npmrc: 'cafile=/run/secrets/npm-ca\n',
    authorities: certificate('private'),
  });
});

test('authorities that Node is told to trust besides its own are passed on with these', () => {
  const { npmrc, authorities } = collect({}, { NODE_EXTRA_CA_CERTS: write('extra.pem', certificate('extra')) });
  expect(npmrc).toBe('cafile=/run/secrets/npm-ca\n');
  expect(authorities).toContain(certificate('extra'));
  expect(authorities).toContain(rootCertificates[0]);
});

test('authorities that stand in the settings themselves count more than those in a file, as in npm', () => {
  const user = `ca[]="one"\nca[]="two"\ncafile=${write('ca.pem', certificate('private'))}`;
  expect(collect({ user })).toEqual({ npmrc: 'ca[]="one"\nca[]="two"\n', authorities: '' });
});

test('a client certificate in a file is refused, since the build cannot read it', () => {
  expect(() => collect({ user: '//a.example.com/:certfile=/etc/cert.pem' })).toThrow(ImageError);
});

test('a machine without settings passes on nothing', () => {
  expect(collect({})).toEqual({ npmrc: '', authorities: '' });
});
