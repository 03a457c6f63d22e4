import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildAgent } from '../agent/build-agent.ts';
import { counts } from './server-messages.ts';

const main = path.join(import.meta.dirname, 'main.ts');
const measured = z.object({ requests: counts, cpuMs: z.number(), peakRssMiB: z.number() });
const spread = z.object({ medianMs: z.number(), worstMs: z.number() });
const changes = z.object({ changes: z.number(), sinceAsked: spread, sinceLastPage: spread, requests: counts });
const result = z.object({
  figures: z.array(z.object({ systems: z.number(), start: measured, unchanged: measured, changed: changes })),
});

describe.runIf(process.platform === 'linux')('the benchmark', () => {
  it('tells what a start, unchanged syncs and changes ask, and when a change shows', async () => {
    const program = await buildAgent();
    const options = [
      '--sizes',
      '11',
      '--bundles',
      '1',
      '--starts',
      '1',
      '--syncs',
      '3',
      '--without-floor',
      '--output',
      'json',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...options, '--program', program]);
    const [figures] = result.parse(JSON.parse(stdout)).figures;
    expect(figures?.systems).toBe(11);
    expect(figures?.start.requests).toMatchObject({
      // Connector is asked without the token first.
      compass: { configuration: 2, signCertificateSigningRequest: 1, applicationsForRuntime: 1 },
      kubernetes: { 'create applications': 11 },
    });
    const { compass, kubernetes } = figures?.unchanged.requests ?? { compass: {}, kubernetes: {} };
    expect(compass).toEqual({ applicationsForRuntime: 3 });
    // That somebody asks so often is told by one Event; those of the start, one for each system, may come late. The Lease is
    // renewed by the clock.
    const { 'create events': events = 0, 'update leases': _, ...others } = kubernetes;
    expect(events).toBeLessThanOrEqual(12);
    expect(Object.entries(others).filter(([kind]) => !kind.startsWith('get '))).toEqual([
      ['update compassconnections/status', 3],
    ]);
    const changed = figures?.changed;
    expect(changed).toMatchObject({
      changes: 3,
      requests: {
        compass: { applicationsForRuntime: 3 },
        kubernetes: { 'update applications': 3, 'update compassconnections/status': 3 },
      },
    });
    // The page comes after the question, and before what it leads to.
    expect(changed?.sinceLastPage.medianMs).toBeGreaterThanOrEqual(0);
    expect(changed?.sinceAsked.medianMs).toBeGreaterThanOrEqual(changed?.sinceLastPage.medianMs ?? Infinity);
    expect(figures?.unchanged.peakRssMiB).toBeGreaterThan(0);
    expect(figures?.start.cpuMs).toBeGreaterThan(0);
  }, 120_000);
});
