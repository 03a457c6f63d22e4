import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { useStage } from '../e2e/start-stage.ts';
import { expectGoodEnd, patience, startShipped } from './start-shipped.ts';

const example = path.join(import.meta.dirname, '../../../.env.example');

/** As its own first lines say how it is used: `node --env-file`. */
describe('With .env.example as the env file', patience, () => {
  const stage = useStage();

  async function startWith(file: string) {
    const text = await readFile(file, 'utf8');
    const envFile = Object.fromEntries(Object.entries(parseEnv(text)).map(([name, value = '']) => [name, value]));
    const command = [process.execPath, `--env-file=${file}`, stage.program, 'run'];
    return startShipped(stage, { env: {}, envFile, command });
  }

  test('as it stands, the agent synchronises', async () => {
    await expectGoodEnd((await startWith(example)).agent);
  });

  test('with every variable uncommented, the agent synchronises', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-env-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, '.env');
    const commented = await readFile(example, 'utf8');
    await writeFile(file, commented.replaceAll(/^#(?=APP_)/gm, ''));
    expect((await readFile(file, 'utf8')).match(/^APP_/gm)?.length).toBeGreaterThan(20);
    const { agent } = await startWith(file);
    expect(agent.output()).not.toContain('is not a setting of this agent');
    await expectGoodEnd(agent);
  });
});
