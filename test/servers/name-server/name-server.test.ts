import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startNameServer } from './start-name-server.ts';

const isRootOnLinux = process.platform === 'linux' && process.getuid?.() === 0;
const program = "require('node:dns').lookup('localhost', (error, found) => console.log(error?.code ?? found))";

it.runIf(isRootOnLinux)('has an address for a name, none, or fails, and a process asks it alone', async () => {
  const names = await startNameServer();
  const lookUp = async () => {
    const [file = '', ...args] = names.inItsNetwork([process.execPath, '-e', program]);
    return (await promisify(execFile)(file, args)).stdout.trim();
  };
  expect(await lookUp()).toBe('127.0.0.1');
  expect(names.asked()).toBeGreaterThan(0);
  names.set('unknown');
  expect(await lookUp()).toBe('ENOTFOUND');
  names.set('failure');
  expect(await lookUp()).toBe('EAI_AGAIN');
  names.set('silence');
  expect(await lookUp()).toBe('EAI_AGAIN');
  await names.stop();
});
