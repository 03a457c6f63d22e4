import { describe, expect, test } from 'vitest';
import { annotations } from '../../../agent/domain/annotations.ts';
import type { CompassConnection } from '../../../agent/domain/connection.ts';
import { at, runCommandLine as cli, connectedStatus, connectionWith, legacyStatus } from './run-command-line.ts';

const named = { name: 'compass-connection' };

describe('suspend and resume', () => {
  const suspended = connectionWith({ spec: { suspend: true } });

  test('change the connection', async () => {
    expect(await cli(['suspend'])).toMatchObject({ exitCode: 0, updates: [{ spec: { suspend: true } }], stderr: '' });
    expect(await cli(['resume'], { connection: suspended })).toMatchObject({
      ...{ exitCode: 0, updates: [{ spec: { suspend: false } }] },
      stdout: 'Resumed. The agent reads UCL at once.\n',
    });
  });

  test('write nothing where it is so already, and say that', async () => {
    const again = await cli(['suspend'], { connection: suspended });
    expect([again.exitCode, again.updates]).toEqual([0, []]);
    expect(again.stdout).toMatch(/^Suspended already\./);
    expect(await cli(['resume'])).toMatchObject({
      exitCode: 0,
      updates: [],
      stdout: expect.stringMatching(/^Not susp/),
    });
  });

  test('resume what the annotation suspends', async () => {
    const connection = connectionWith({ metadata: { ...named, annotations: { [annotations.suspend]: 'true' } } });
    expect((await cli(['resume'], { connection })).updates).toEqual([{ spec: { suspend: false } }]);
  });

  test.each(['suspend', 'resume', 'approve', 'renew'])('%s ends with 1 where there is no connection', async (name) => {
    expect(await cli([name], { connection: undefined })).toMatchObject({
      ...{ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^There is no CompassConnection/) },
    });
  });
});

describe('approve', () => {
  const hold = (id: string, names: readonly string[], sinceSeconds: number) => ({
    id,
    since: at(sinceSeconds),
    until: at(sinceSeconds + 600),
    keys: names.map((name, index) => `id-${index}/${name}`),
  });
  const early = hold('aaa', ['mp-one', 'mp-two\u001b[2J'], -300);
  const late = hold('bbb', ['mp-three'], -60);
  const heldConnection = (
    holds: readonly object[],
    { approved, suspended = false }: { approved?: string; suspended?: boolean } = {},
  ): CompassConnection =>
    connectionWith({
      metadata: {
        ...named,
        annotations: {
          [annotations.pruneMemory]: JSON.stringify({ holds, removals: [] }),
          ...(approved === undefined ? {} : { [annotations.pruneApproved]: approved }),
        },
      },
      spec: { suspend: suspended },
      status: { ...connectedStatus, prune: { heldHash: 'aaa', heldCount: 3, heldSince: at(-300), heldUntil: at(300) } },
    });

  test('shows the one removal that is held, and lets it go', async () => {
    const { exitCode, stdout, stderr, updates } = await cli(['approve'], { connection: heldConnection([early]) });
    expect([exitCode, stderr, updates]).toEqual([0, '', [{ annotations: { [annotations.pruneApproved]: 'aaa' } }]]);
    expect(
      stdout,
    ).toBe(`aaa  2 Applications, held since 5 min ago; to be removed in 5 min if UCL still does not assign them
  mp-one
  mp-two [2J

Approved aaa: 2 Applications go with the agent's next run, within seconds.
`);
  });

  test('lists several and approves none of them until one is named', async () => {
    const connection = heldConnection([late, early]);
    const { exitCode, stdout, stderr, updates } = await cli(['approve'], { connection });
    expect([exitCode, stdout, updates]).toEqual([2, '', []]);
    expect(stderr).toMatch(
      /^Several removals are held; .*\n\naaa {2}2 Applications, .*\n {2}mp-one\n.*\nbbb {2}1 Application, /,
    );
    const chosen = await cli(['approve', 'bbb'], { connection });
    expect(chosen).toMatchObject({ exitCode: 0, updates: [{ annotations: { [annotations.pruneApproved]: 'bbb' } }] });
    expect(chosen.stdout).toContain('Approved bbb: 1 Application goes');
  });

  test('keeps the approval of another hold that waits, and drops one that is over', async () => {
    const connection = heldConnection([early, late], { approved: 'over, aaa' });
    expect((await cli(['approve', 'bbb'], { connection })).updates).toEqual([
      { annotations: { [annotations.pruneApproved]: 'aaa,bbb' } },
    ]);
  });

  test('says so and writes nothing where no hold has that id, or nothing is held', async () => {
    const wrong = await cli(['approve', 'ccc'], { connection: heldConnection([early]) });
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '', updates: [] });
    expect(wrong.stderr).toMatch(/^No held removal has the id "ccc"\.\n\naaa /);
    const nothing = await cli(['approve']);
    expect(nothing).toMatchObject({ exitCode: 1, stdout: '', updates: [] });
  });

  test('takes no note for true that the status knows nothing of', async () => {
    const connection = { ...heldConnection([early]), status: connectedStatus };
    expect((await cli(['approve'], { connection })).updates).toEqual([]);
  });

  test("finds what is held on the module's CRD, which has no field for it", async () => {
    const connection = { ...heldConnection([early]), status: legacyStatus };
    expect(await cli(['approve'], { connection })).toMatchObject({ exitCode: 0, updates: [{}] });
  });

  test('knows one by the status where the list was too long to be stored', async () => {
    const { stdout, updates } = await cli(['approve'], { connection: heldConnection([]) });
    expect(updates).toEqual([{ annotations: { [annotations.pruneApproved]: 'aaa' } }]);
    expect(stdout).toMatch(/^aaa {2}3 Applications, held since 5 min ago/);
  });

  test('names what is left of a rename by its Application', async () => {
    const renamed = { ...early, keys: ['id-0/former/mp-old'] };
    const { stdout } = await cli(['approve'], { connection: heldConnection([renamed]) });
    expect(stdout).toMatch(/^aaa .*\n {2}mp-old\n/);
  });

  test('says that a suspended agent acts when it is resumed', async () => {
    const { stdout } = await cli(['approve'], { connection: heldConnection([early], { suspended: true }) });
    expect(stdout).toContain('once the connection is resumed');
  });
});
