import { BlockList, isIP } from 'node:net';

/** A server that connects us with others. */
export interface ProxyServer {
  /** With user and password where it asks for them: never to be shown. */
  readonly url: string;
  /** Host and port, for people. */
  readonly address: string;
}

/** The proxy on the way to an address; undefined: none is. */
export type ChooseProxy = (target: URL) => ProxyServer | undefined;

export type Proxies =
  | { readonly ok: true; readonly choose: ChooseProxy }
  /** Each a full sentence that says what to do, and no value. */
  | { readonly ok: false; readonly problems: readonly ProxyProblem[] };

interface ProxyProblem {
  readonly variable: string;
  readonly problem: string;
}

type Environment = Readonly<Record<string, string | undefined>>;
type IsBypassed = (host: string, port: string | undefined) => boolean;

const protocols = new Set(['http:', 'https:']);
const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in upper or lower case, with the meaning that programs in Go give them
 * (golang.org/x/net/http/httpproxy), kubectl and the Go agent among them: networks in `NO_PROXY`, a name that stands for
 * its subdomains as well, and no proxy to this machine itself. Node's own reading of `NO_PROXY` knows no networks.
 */
export function readProxies(env: Environment): Proxies {
  const https = readProxy(env, 'HTTPS_PROXY');
  const http = readProxy(env, 'HTTP_PROXY');
  const problems = [https, http].flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) return { ok: false, problems };
  const rules = readVariable(env, 'NO_PROXY')
    .text.split(',')
    .map((entry) => toRule(entry.trim().toLowerCase()));
  return {
    ok: true,
    choose(target) {
      const { proxy } = target.protocol === 'https:' ? https : http;
      const host = toHost(target);
      if (isThisMachine(host)) return undefined;
      const port = target.port === '' ? defaultPorts[target.protocol] : target.port;
      return rules.some((isBypassed) => isBypassed(host, port)) ? undefined : proxy;
    },
  };
}

/** A proxy from its address; undefined where that is none, or one of a kind that is not spoken here. */
export function parseProxy(text: string): ProxyServer | undefined {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || !protocols.has(url.protocol)) return undefined;
  return { url: url.href, address: `${url.hostname}:${url.port === '' ? defaultPorts[url.protocol] : url.port}` };
}

function readProxy(env: Environment, name: string): { proxy?: ProxyServer; problem?: ProxyProblem } {
  const { variable, text } = readVariable(env, name);
  if (text === '') return {};
  const proxy = parseProxy(text);
  if (proxy !== undefined) return { proxy };
  const problem = `${variable} must be the address of an http or https proxy, such as http://proxy.example.com:3128.`;
  return { problem: { variable, problem } };
}

function readVariable(env: Environment, name: string): { variable: string; text: string } {
  const variable = [name, name.toLowerCase()].find((candidate) => (env[candidate] ?? '').trim() !== '') ?? name;
  return { variable, text: (env[variable] ?? '').trim() };
}

/** Brackets around an IPv6 address are none of it. */
function toHost(url: URL): string {
  return url.hostname.replace(/[[\]]/g, '');
}

const thisMachine = new BlockList();
thisMachine.addSubnet('127.0.0.0', 8, 'ipv4');
thisMachine.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  return host === 'localhost' || isListed(thisMachine, host);
}

function toRule(entry: string): IsBypassed {
  if (entry === '') return () => false;
  if (entry === '*') return () => true;
  const network = toNetwork(entry);
  if (network !== undefined) return (host) => isListed(network, host);
  const { host: named, port: onPort } = splitPort(entry);
  const domain = named.replace(/^\*(?=\.)/, '');
  const suffix = domain.startsWith('.') ? domain : `.${domain}`;
  return (host, port) => (onPort === '' || onPort === port) && (host === domain || host.endsWith(suffix));
}

/** `10.0.0.0/8`; undefined for what is no network. */
function toNetwork(entry: string): BlockList | undefined {
  const [address = '', prefix = '', ...others] = entry.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits || others.length > 0) return undefined;
  const network = new BlockList();
  network.addSubnet(address, Number(prefix), bits === 32 ? 'ipv4' : 'ipv6');
  return network;
}

function isListed(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6');
}

function splitPort(entry: string): { host: string; port: string } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return { host: bracketed ?? plain ?? entry, port };
}
