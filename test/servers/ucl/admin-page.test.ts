import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { registerSampleLandscape } from './sample-landscape.ts';
import { startUcl, type Ucl } from './start-ucl.ts';

let ucl: Ucl;
let formation: string;
beforeEach(async () => {
  ucl = await startUcl();
  formation = registerSampleLandscape(ucl.landscape).formation;
});
afterEach(() => ucl.stop());

const optionsOfPage = z.object({ query: z.string(), defaultTabs: z.array(z.object({ query: z.string() })) });

async function readPage(): Promise<string> {
  return (await fetch(ucl.adminUrl, { headers: { accept: 'text/html' } })).text();
}

/** What the page gives to GraphiQL: its tab in front, and all tabs of a first visit. */
async function readTabs(): Promise<{ front: string; all: string[] }> {
  const [, json = ''] =
    /renderYogaGraphiQL\(\s*window\.document\.querySelector\('#root'\),\s*(\{.*\}),\s*\);/.exec(await readPage()) ?? [];
  const { query, defaultTabs } = optionsOfPage.parse(JSON.parse(json));
  return { front: query, all: defaultTabs.map((tab) => tab.query) };
}

async function run(query: string): Promise<string> {
  const body = JSON.stringify({ query });
  const answer = await fetch(ucl.adminUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return answer.text();
}

function outside(): string[] {
  return ucl.landscape.applications().flatMap(({ name, formations }) => (formations.has(formation) ? [] : [name]));
}

describe('the page of the administrator', () => {
  test('has in front a mutation that assigns a system as it stands, and at the next visit one that takes a system out again', async () => {
    expect(outside()).toEqual(['Field Service Management']);
    const first = await readTabs();
    expect(first.all).toEqual([first.front, expect.stringContaining('query Landscape {')]);
    expect(first.front).toContain('# "Field Service Management"\n');
    expect(JSON.parse(await run(first.front))).toEqual({ data: { assignFormation: { name: formation } } });
    expect(outside()).toEqual([]);

    const second = await readTabs();
    expect(JSON.parse(await run(second.front))).toEqual({ data: { unassignFormation: { name: formation } } });
    const [name] = outside();
    expect(second.front).toContain(`# ${JSON.stringify(name)}\n`);
  });

  test('shows the whole mutation in a window of 1280 x 800, which has room for 22 lines of 50 characters', async () => {
    const lines = (await readTabs()).front.split('\n');
    expect(lines.length).toBeLessThanOrEqual(22);
    expect(lines.filter((line) => line.length > 50)).toEqual([]);
  });

  test('does not let the name of a system into the page as HTML', async () => {
    await run((await readTabs()).front);
    ucl.landscape.registerApplication({ name: 'A</script><script>alert(1)</script>' });
    // Not the page itself: it has five megabytes.
    expect((await readPage()).includes('alert(1)</script>')).toBe(false);
    expect((await readTabs()).front).toContain('alert(1)');
  });
});

test('an answer to the administrator ends with a line break, for those who see it in a terminal', async () => {
  expect(await run('{ formations { data { name } } }')).toBe(
    `{"data":{"formations":{"data":[{"name":"${formation}"}]}}}\n`,
  );
});
