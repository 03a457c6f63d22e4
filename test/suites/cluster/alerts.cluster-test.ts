import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { findPrometheus } from '../../servers/prometheus/build-prometheus.ts';
import { readAlertGroups } from './read-alert-groups.ts';

const scenarios = path.join(import.meta.dirname, 'alerts.promtool.yaml');
const expectation = z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) });
const scenarioSchema = z.object({ tests: z.array(z.object({ alert_rule_test: z.array(expectation).default([]) })) });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-alerts-'));
  await writeFile(path.join(folder, 'rules.yaml'), stringify({ groups: await readAlertGroups() }));
  await copyFile(scenarios, path.join(folder, 'scenarios.yaml'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function promtool(...args: string[]): Promise<{ code: number | null; output: string }> {
  const programs = await findPrometheus(process.env);
  const child = spawn(programs.promtool, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, output: `${out}${err}` };
}

describe('the alerts', () => {
  test('are rules as Prometheus has them, without a remark of its linter', async () => {
    const { code, output } = await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/SUCCESS: \d+ rules found/) });
  });

  test('fire when they should, with the right words, and not before', async () => {
    const { code, output } = await promtool('test', 'rules', 'scenarios.yaml');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('SUCCESS') });
  });

  test('each have scenarios in which they fire, and in which they do not', async () => {
    const document: unknown = parse(await readFile(scenarios, 'utf8'));
    const expected = scenarioSchema.parse(document).tests.flatMap((each) => each.alert_rule_test);
    const alerts = (await readAlertGroups()).flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(alerts.length).toBeGreaterThan(5);
    const namesWhere = (fires: boolean) =>
      expected.filter((each) => each.exp_alerts.length > 0 === fires).map(({ alertname }) => alertname);
    expect(alerts.filter((name) => !namesWhere(true).includes(name))).toEqual([]);
    expect(alerts.filter((name) => !namesWhere(false).includes(name))).toEqual([]);
  });
});
