import { describe, expect, test } from 'vitest';
import { readProxies } from '../../../agent/domain/read-proxies.ts';

function choose(env: Record<string, string>, url: string): string | undefined {
  const proxies = readProxies(env);
  if (!proxies.ok) throw new Error(JSON.stringify(proxies.problems));
  return proxies.choose(new URL(url))?.address;
}

const both = { HTTPS_PROXY: 'http://secure:3128', HTTP_PROXY: 'http://plain:3128' };

describe('the proxy on the way to an address', () => {
  test.each([
    [both, 'https://ucl.example.com', 'secure:3128'],
    [both, 'http://ucl.example.com', 'plain:3128'],
    [{ https_proxy: 'http://lower:1' }, 'https://ucl.example.com', 'lower:1'],
    [{ HTTPS_PROXY: ' ', https_proxy: 'http://lower:1' }, 'https://ucl.example.com', 'lower:1'],
    [{ HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' }, 'https://ucl.example.com', 'upper:1'],
    [{ HTTPS_PROXY: 'bare:3128' }, 'https://ucl.example.com', 'bare:3128'],
    [{ HTTPS_PROXY: 'http://without-port' }, 'https://ucl.example.com', 'without-port:80'],
    [{ HTTPS_PROXY: 'https://without-port' }, 'https://ucl.example.com', 'without-port:443'],
    [{ HTTPS_PROXY: 'http://user:hunter2@with-user:1' }, 'https://ucl.example.com', 'with-user:1'],
    [{}, 'https://ucl.example.com', undefined],
    [{ HTTPS_PROXY: ' ' }, 'https://ucl.example.com', undefined],
    [both, 'https://localhost:6443', undefined],
    [both, 'https://127.0.0.2:6443', undefined],
    [both, 'https://[::1]:6443', undefined],
  ])('of %o to %s is %s', (env, url, address) => {
    expect(choose(env, url)).toBe(address);
  });

  test('keeps user and password for the proxy itself', () => {
    const proxies = readProxies({ HTTPS_PROXY: 'http://user:hunter2@with-user:1' });
    expect(proxies.ok && proxies.choose(new URL('https://a'))?.url).toBe('http://user:hunter2@with-user:1/');
  });

  test.each([
    ['*', 'https://any.example.com', true],
    ['ucl.example.com', 'https://ucl.example.com', true],
    ['UCL.Example.com', 'https://ucl.example.com', true],
    ['example.com', 'https://ucl.example.com', true],
    ['example.com', 'https://notexample.com', false],
    ['.example.com', 'https://ucl.example.com', true],
    ['.example.com', 'https://example.com', false],
    ['*.example.com', 'https://ucl.example.com', true],
    ['*.example.com', 'https://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['example.com:8443', 'https://example.com', false],
    ['example.com:8443', 'https://example.com:8443', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.0/8', 'https://10.96.0.1:443', true],
    ['10.0.0.0/8', 'https://11.96.0.1', false],
    ['10.0.0.0/8', 'https://ten.example.com', false],
    ['10.96.0.0/16', 'https://10.96.0.1', true],
    ['10.96.0.0/16', 'https://10.97.0.1', false],
    ['10.96.0.1/32', 'https://10.96.0.1', true],
    ['10.96.0.1/32', 'https://10.96.0.2', false],
    ['fd00::1/128', 'https://[fd00::1]', true],
    ['10.0.0.0/x8,10.0.0.0/8x,10.0.0.0/33,example.com/8', 'https://10.0.0.1', false],
    ['fd00::/8', 'https://[fd00::1]:443', true],
    ['fd00::/8', 'https://[fe00::1]', false],
    ['[fd00::1]:443', 'https://[fd00::1]', true],
    ['[fd00::1]', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['u*.example.com', 'https://u.example.com', false],
    [' , ', 'https://ucl.example.com.', false],
    ['10.0.0.0/99, , 10.0.0.0/x,10.0.0.0/8/8', 'https://10.0.0.1', false],
    ['a.example.com, .svc ,10.0.0.0/8', 'https://kubernetes.default.svc', true],
  ])('with NO_PROXY=%s to %s is left out: %s', (noProxy, url, isLeftOut) => {
    expect(choose({ ...both, NO_PROXY: noProxy }, url) === undefined).toBe(isLeftOut);
    expect(choose({ ...both, no_proxy: noProxy }, url) === undefined).toBe(isLeftOut);
  });

  test.each(['socks5://user:hunter2@proxy:1080', 'http://', 'ftp://proxy', 'http://pro xy', 'http://a:b:c'])(
    'that is none (%s) is named by its variable, without its value',
    (value) => {
      expect(readProxies({ https_proxy: value })).toEqual({
        ok: false,
        problems: [
          {
            variable: 'https_proxy',
            problem:
              'https_proxy must be the address of an http or https proxy, such as http://proxy.example.com:3128.',
          },
        ],
      });
    },
  );
});
