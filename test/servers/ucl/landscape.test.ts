import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateLandscape } from './generate-landscape.ts';
import { registerSampleLandscape } from './sample-landscape.ts';
import { startUcl, type Ucl } from './start-ucl.ts';
import { callUcl, field, pair, type UclAnswer } from './ucl-client.ts';

let ucl: Ucl;

beforeAll(async () => {
  ucl = await startUcl();
});

afterAll(() => ucl?.stop());

beforeEach(() => ucl.landscape.clear());

function administer(query: string, variables: Record<string, unknown> = {}): Promise<UclAnswer> {
  return callUcl(ucl, ucl.adminUrl, { query, variables });
}

describe('the sample landscape', () => {
  it('shows its nine systems to the runtime, and the tenth once it is assigned on the page', async () => {
    const sample = registerSampleLandscape(ucl.landscape);
    const identity = await pair(ucl, sample.runtimeId);
    const names = async () => {
      const query = `{applicationsForRuntime(runtimeID:"${sample.runtimeId}"){data{name}}}`;
      return field(await callUcl(ucl, ucl.directorUrl, { query, identity }), 'applicationsForRuntime', 'data');
    };
    expect(await names()).toHaveLength(9);

    await administer(
      'mutation($o:ID!,$f:FormationInput!){assignFormation(objectID:$o,objectType:APPLICATION,formation:$f){name}}',
      { o: sample.unassigned.id, f: { name: sample.formation } },
    );

    expect(await names()).toContainEqual({ name: 'mp-field-service-management' });
  });

  it('is what the page proposes to look at, with the mutation that assigns the tenth system', async () => {
    const sample = registerSampleLandscape(ucl.landscape);

    const page = await fetch(ucl.adminUrl, { headers: { accept: 'text/html' } });

    const html = await page.text();
    expect(html).toContain('query Landscape');
    expect(html).toContain(sample.unassigned.id);
    expect(html).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/);
  });
});

describe('the administrator', () => {
  it('registers a system with everything in it, which the landscape then holds', async () => {
    const answer = await administer('mutation($in:ApplicationRegisterInput!){registerApplication(in:$in){id name}}', {
      in: {
        name: 'By hand',
        bundles: [
          {
            name: 'One',
            defaultInstanceAuth: { credential: { basic: { username: 'u', password: 'p' } } },
            apiDefinitions: [{ name: 'API', targetURL: 'https://api.example.test' }],
          },
        ],
      },
    });

    const [bundle] = ucl.landscape.application(String(field(answer, 'registerApplication', 'id'))).bundles;
    expect(bundle?.apis.map(({ name }) => name)).toEqual(['API']);
    expect(bundle?.defaultInstanceAuth?.credential).toEqual({ basic: { username: 'u', password: 'p' } });
  });

  it('issues a token that pairs', async () => {
    const { id } = ucl.landscape.registerRuntime();
    const query = 'mutation($id:ID!){requestOneTimeTokenForRuntime(id:$id){token}}';

    const token = field(await administer(query, { id }), 'requestOneTimeTokenForRuntime', 'token');

    const headers = { 'connector-token': String(token) };
    const answer = await callUcl(ucl, ucl.connectorUrl, { query: '{configuration{token{token}}}', headers });
    expect(answer.status).toBe(200);
  });

  it('is not the runtime: that may not assign formations', async () => {
    const { id } = ucl.landscape.registerRuntime();
    const identity = await pair(ucl, id);
    const query = `mutation{assignFormation(objectID:"${id}",objectType:RUNTIME,formation:{name:"x"}){name}}`;

    const answer = await callUcl(ucl, ucl.directorUrl, { query, identity });

    expect(answer.json?.errors?.[0]?.message).toContain('required=formation:write');
  });
});

describe('a generated landscape', () => {
  it('is the same for the same seed', () => {
    const first = generateLandscape(ucl.landscape, { apps: 3, bundles: 2, seed: 7 });
    const names = first.applicationIds.map((id) => ucl.landscape.application(id).name);
    ucl.landscape.clear();
    const second = generateLandscape(ucl.landscape, { apps: 3, bundles: 2, seed: 7 });

    expect(second).toEqual(first);
    expect(second.applicationIds.map((id) => ucl.landscape.application(id).name)).toEqual(names);
  });

  it('is read whole, page by page, each system once', async () => {
    const { runtimeId, applicationIds } = generateLandscape(ucl.landscape, { apps: 450, bundles: 1 });
    const identity = await pair(ucl, runtimeId);
    const query =
      'query($r:ID!,$a:PageCursor){applicationsForRuntime(runtimeID:$r,after:$a)' +
      '{data{id} pageInfo{endCursor hasNextPage} totalCount}}';
    const seen: unknown[] = [];
    for (let after = '', more = true; more; ) {
      const answer = await callUcl(ucl, ucl.directorUrl, { query, variables: { r: runtimeId, a: after }, identity });
      const data = field(answer, 'applicationsForRuntime', 'data');
      if (!Array.isArray(data)) throw new Error('The page is null.');
      seen.push(...data.map((application: { id: string }) => application.id));
      after = String(field(answer, 'applicationsForRuntime', 'pageInfo', 'endCursor'));
      more = field(answer, 'applicationsForRuntime', 'pageInfo', 'hasNextPage') === true;
    }

    expect(seen).toEqual(applicationIds.toSorted());
    expect(ucl.requests.count({ operation: 'applicationsForRuntime', status: 200 })).toBeGreaterThanOrEqual(3);
  });
});

describe('starting', () => {
  it('rejects when a port is taken', async () => {
    const { port } = new URL(ucl.adminUrl);

    await expect(startUcl({ adminPort: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
