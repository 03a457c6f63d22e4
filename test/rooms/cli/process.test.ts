import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestCluster, type TestCluster } from '../../servers/cluster/start-test-cluster.ts';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

let folder: string;
let bundle: string;
let cluster: TestCluster;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ucl-agent-bundle-'));
  bundle = join(folder, 'ucl-agent.js');
  await run(process.execPath, [join(root, 'build.ts'), folder]);
  // No node_modules are within reach, and nothing but this tells Node what the file is.
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  cluster = await startTestCluster();
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const toEnvironment = (env: Record<string, string>) => ({
  PATH: process.env.PATH,
  HOME: folder,
  KUBECONFIG: cluster.kubeconfigFile,
  ...env,
});

/** `preload`: a module that Node runs before the bundle. */
function start(args: string[], env: Record<string, string> = {}, preload?: string) {
  const flags = preload === undefined ? [] : ['--import', preload];
  const child = spawn(process.execPath, [...flags, bundle, ...args], {
    cwd: folder,
    env: toEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
  const logged = (text: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const look = () => {
        const line = output.stdout.split('\n').find((candidate) => candidate.includes(text));
        if (line !== undefined) resolve(JSON.parse(line));
      };
      child.stdout.on('data', look);
      child.once('close', () => reject(new Error(`ended without "${text}": ${output.stdout}${output.stderr}`)));
      look();
    });
  return { pid: child.pid ?? 0, kill: (signal: NodeJS.Signals) => child.kill(signal), output, exitCode, logged };
}

describe('the bundle', () => {
  test('is one executable file that tells its version without node_modules', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect((await run(bundle, ['--version'])).stdout).toBe(`${version}\n`);
    expect((await stat(bundle)).size).toBeLessThan(2_300_000);
  });

  test('is all ASCII, since V8 keeps a source with any other letter in two bytes for each', () => {
    expect(readFileSync(bundle).find((byte) => byte > 0x7f)).toBeUndefined();
  });

  test('says that there is no connection in a cluster that no agent has seen', async () => {
    const { exitCode, output } = start(['status']);
    expect(await exitCode).toBe(1);
    expect(output).toEqual({ stdout: '', stderr: expect.stringContaining('There is no CompassConnection') });
  });

  test('names every wrong setting and ends with 2', async () => {
    const { exitCode, output } = start(['run'], { APP_HEALTH_PORT: 'x', APP_PRUNE_POLICY: 'never' });
    expect(await exitCode).toBe(2);
    const variables = output.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).variable);
    expect(variables).toEqual(expect.arrayContaining(['APP_HEALTH_PORT', 'APP_PRUNE_POLICY']));
  });

  test('names a proxy of a kind that it does not speak, without its password, and ends with 2', async () => {
    const { exitCode, output } = start(['run'], { HTTPS_PROXY: 'socks5://user:hunter2@proxy:1080' });
    expect(await exitCode).toBe(2);
    expect(JSON.parse(output.stdout)).toMatchObject({
      message: 'Invalid configuration',
      variable: 'HTTPS_PROXY',
      problem: expect.stringMatching(/^HTTPS_PROXY must be the address of an http or https proxy/),
    });
    expect(output.stdout).not.toContain('hunter2');
  });
});

describe('a defect', () => {
  const throwing = `() => { throw Object.assign(new TypeError('with hunter2'), { body: 'hunter2' }); }`;

  /** A module whose name, and so each of its frames, holds a secret. */
  async function writePreload(text: string): Promise<string> {
    const file = join(folder, 'token=qT9vqT9v.mjs');
    await writeFile(file, text);
    return file;
  }
  const writeBreaking = (module: string, name: string) =>
    writePreload(`
      import { syncBuiltinESMExports } from 'node:module';
      import broken from '${module}';
      broken.${name} = ${throwing};
      syncBuiltinESMExports();
    `);

  const defectLine = {
    time: expect.any(String),
    level: 'error',
    message: 'Ending because of a defect',
    error: { reason: 'Unexpected', message: 'TypeError', at: expect.any(Array) },
  };

  function problemsIn(stdout: string): Record<string, unknown>[] {
    const lines: Record<string, unknown>[] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    return lines.filter(({ level }) => level === 'error');
  }

  test('at the start is one line of the log with its frames, and code 1', async () => {
    const { exitCode, output } = start(
      ['run'],
      { APP_HEALTH_PORT: '0' },
      await writeBreaking('node:http', 'createServer'),
    );
    expect(await exitCode).toBe(1);
    expect(output.stderr).toBe('');
    expect(problemsIn(output.stdout)).toEqual([defectLine]);
    expect(output.stdout).toMatch(/"at":\[.*"startHealthServer /);
    expect(output.stdout).not.toMatch(/hunter2|qT9v/);
  });

  test.each([
    ['thrown in a callback', throwing],
    ['of a promise that nobody awaits', `() => Promise.reject(new TypeError('with hunter2'))`],
    ['that comes twice', `() => { Promise.reject(new TypeError('one')); Promise.reject(new TypeError('two')); }`],
  ])('later on, %s, is one line of the log as well', async (_, defect) => {
    const preload = await writePreload(`process.on('SIGUSR2', ${defect});`);
    const agent = start(['run'], { APP_HEALTH_PORT: '0' }, preload);
    await agent.logged('"healthPort"');
    agent.kill('SIGUSR2');
    expect(await agent.exitCode).toBe(1);
    expect(agent.output.stderr).toBe('');
    expect(problemsIn(agent.output.stdout)).toEqual([defectLine]);
    expect(agent.output.stdout).toMatch(/token=\[redacted\]/);
    expect(agent.output.stdout).not.toMatch(/hunter2|qT9v/);
  });

  test('of another command is told on stderr with its frames, and ends it with 3', async () => {
    const { exitCode, output } = start(['sync'], {}, await writeBreaking('node:https', 'Agent'));
    expect(await exitCode).toBe(3);
    expect(output.stdout).toBe('');
    expect(output.stderr).toMatch(/ERROR Ending because of a defect\n +Unexpected: TypeError\n +at /);
    expect(output.stderr).not.toMatch(/hunter2|qT9v/);
  });

  test('is not what a person can put right: no cluster to follow is a configuration, code 2, one line', async () => {
    const { exitCode, output } = start(['run'], { APP_HEALTH_PORT: '0', KUBECONFIG: join(folder, 'missing') });
    expect(await exitCode).toBe(2);
    expect(output.stderr).toBe('');
    expect(problemsIn(output.stdout)).toEqual([
      {
        ...{ time: expect.any(String), level: 'error' },
        message: expect.any(String),
        reason: 'ConfigurationInvalid',
        remedy: expect.any(String),
      },
    ]);
  });
});

describe.runIf(process.platform === 'linux')('run', () => {
  test('limits its own heap in the same process, serves the probes, and ends with 0 on SIGTERM', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0' });
    const { healthPort } = await agent.logged('"healthPort"');
    const commandLine = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8').split('\0');
    expect(commandLine).toEqual(expect.arrayContaining([expect.stringMatching(/^--max-old-space-size=\d+$/), 'run']));
    expect(commandLine.filter((argument) => argument.startsWith('--max-old-space-size'))).toHaveLength(1);
    expect((await fetch(`http://127.0.0.1:${String(healthPort)}/healthz`)).status).toBe(200);

    agent.kill('SIGTERM');
    expect(await agent.exitCode).toBe(0);
    expect(agent.output.stderr).toBe('');
  });

  test('loads no way to send that it does not use, such as the fetch of Node, which takes 7 MiB', async () => {
    const preload = join(folder, 'tell-modules.mjs');
    const tell = 'process.on("exit", () => console.error(process.moduleLoadList.join(" ")));';
    await writeFile(preload, tell);
    const agent = start(['run'], { APP_HEALTH_PORT: '0' }, preload);
    await agent.logged('"healthPort"');
    agent.kill('SIGTERM');
    await agent.exitCode;
    expect(agent.output.stderr).toContain('NativeModule https');
    expect(agent.output.stderr).not.toMatch(/undici|http2/);
  });

  test('serves the probes on one address alone where it is told to', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0', APP_HEALTH_HOST: '127.0.0.2' });
    const { healthPort } = await agent.logged('"healthPort"');
    const probe = (host: string) => fetch(`http://${host}:${String(healthPort)}/healthz`);
    expect((await probe('127.0.0.2')).status).toBe(200);
    await expect(probe('127.0.0.1')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    agent.kill('SIGTERM');
    expect(await agent.exitCode).toBe(0);
  });

  test('names the address that is not of this machine', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0', APP_HEALTH_HOST: '192.0.2.1' });
    const { message } = await agent.logged('cannot listen');
    expect(message).toBe(
      'The agent cannot listen on port 0 of 192.0.2.1 (EADDRNOTAVAIL). Set APP_HEALTH_PORT to a free port, and APP_HEALTH_HOST to an address of this machine.',
    );
    expect(await agent.exitCode).not.toBe(0);
  });

  test('leaves the heap to NODE_OPTIONS where they name a limit', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0', NODE_OPTIONS: '--max-old-space-size=222' });
    await agent.logged('"healthPort"');
    expect(readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8')).not.toContain('--max');
    agent.kill('SIGINT');
    expect(await agent.exitCode).toBe(0);
  });
});

describe.runIf(process.platform === 'linux')('SIGUSR1', () => {
  /** Node tells of its debugger on stderr, before anything that a line of the log can follow. */
  async function expectNoDebugger(agent: ReturnType<typeof start>): Promise<void> {
    const { healthPort } = await agent.logged('"healthPort"');
    agent.kill('SIGUSR1');
    const probe = () => fetch(`http://127.0.0.1:${String(healthPort)}/healthz`);
    for (let count = 0; count < 20; count += 1) expect((await probe()).status).toBe(200);
    agent.kill('SIGTERM');
    expect(await agent.exitCode).toBe(0);
    expect(agent.output.stderr).toBe('');
  }

  test('opens no debugger, and Node itself is told so before the agent begins', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0' });
    await agent.logged('"healthPort"');
    expect(readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8').split('\0')).toContain('--disable-sigusr1');
    await expectNoDebugger(agent);
  });

  test('starts itself with what keeps its memory small', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0' });
    await agent.logged('"healthPort"');
    const commandLine = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8').split('\0');
    expect(commandLine).toEqual(
      expect.arrayContaining(['--max-semi-space-size=4', '--expose-gc', '--no-sparkplug', 'run']),
    );
    agent.kill('SIGTERM');
    expect(await agent.exitCode).toBe(0);
  });

  test('opens none either where the process is not started anew for its heap', async () => {
    const agent = start(['run'], { APP_HEALTH_PORT: '0', NODE_OPTIONS: '--max-old-space-size=222' });
    await expectNoDebugger(agent);
  });

  test('opens none in a command', async () => {
    const file = join(folder, 'signal.mjs');
    await writeFile(
      file,
      `import http from 'node:https';
      const { request } = http;
      import { syncBuiltinESMExports } from 'node:module';
      http.request = (...args) => { process.kill(process.pid, 'SIGUSR1'); return request(...args); };
      syncBuiltinESMExports();`,
    );
    const { exitCode, output } = start(['status'], {}, file);
    expect(await exitCode).toBe(1);
    expect(output.stderr).not.toMatch(/debugger/i);
  });
});

describe.runIf(process.platform === 'linux')('a log that cannot be written', () => {
  /** The agent with a stdout of the test's; what it says elsewhere is in `stderr`. */
  function startWithStdout(stdout: number | 'pipe', args = ['run']) {
    const child = spawn(process.execPath, [bundle, ...args], {
      cwd: folder,
      env: toEnvironment({ APP_HEALTH_PORT: '0' }),
      stdio: ['ignore', stdout, 'pipe'],
    });
    children.push(child);
    const lines: string[] = [];
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
    const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
    const healthPort = () =>
      vi.waitFor(
        () => {
          const line = lines.find((candidate) => candidate.includes('"healthPort"'));
          if (line === undefined) throw new Error(`It does not run: ${child.exitCode} ${lines.join('\n')}`);
          return Number(JSON.parse(line).healthPort);
        },
        { timeout: 15_000 },
      );
    return { child, lines, exitCode, healthPort };
  }

  async function expectToRun({ child, lines, exitCode, healthPort }: ReturnType<typeof startWithStdout>, code: string) {
    const port = await healthPort();
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
    expect(lines[0]).toBe(`The log cannot be written to stdout (${code}): it goes to stderr until it can.`);
    expect(lines.filter((line) => line.startsWith('The log'))).toHaveLength(1);
    expect(lines.at(-1)).toContain('"Stopped"');
  }

  test('since the disk is full goes to stderr, and the agent runs on', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      await expectToRun(startWithStdout(full), 'ENOSPC');
    } finally {
      closeSync(full);
    }
  });

  test('since its reader is gone goes to stderr, and the agent runs on', async () => {
    const agent = startWithStdout('pipe');
    agent.child.stdout?.destroy();
    await expectToRun(agent, 'EPIPE');
  });

  test('on either stream does not end the agent', async () => {
    const full = openSync('/dev/full', 'w');
    const preload = join(folder, 'report.mjs');
    // Asks the agent from inside, since it can say nothing.
    await writeFile(
      preload,
      `import http from 'node:http';
      import { writeFileSync } from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { createServer } = http;
      http.createServer = (...args) => {
        const server = createServer(...args);
        server.on('listening', () => writeFileSync(process.env.PORT_FILE, String(server.address().port)));
        return server;
      };
      syncBuiltinESMExports();`,
    );
    const portFile = join(folder, 'port');
    const child = spawn(process.execPath, ['--import', preload, bundle, 'run'], {
      env: toEnvironment({ APP_HEALTH_PORT: '0', PORT_FILE: portFile }),
      stdio: ['ignore', full, full],
    });
    closeSync(full);
    children.push(child);
    const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
    // The file is there before its content.
    const readPort = () => {
      const port = Number(readFileSync(portFile, 'utf8'));
      if (port === 0) throw new Error('The agent has not told its port yet.');
      return port;
    };
    const port = await vi.waitFor(readPort, { timeout: 15_000 });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
  });

  test('is told of and ends with 2 where it is the result of a command', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { lines, exitCode } = startWithStdout(full, ['--version']);
      expect(await exitCode).toBe(2);
      expect(lines).toEqual(['The result cannot be written to stdout (ENOSPC).']);
    } finally {
      closeSync(full);
    }
  });
});
