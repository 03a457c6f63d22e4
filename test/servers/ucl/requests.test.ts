import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintIdentity } from './mint-identity.ts';
import { startUcl, type Ucl } from './start-ucl.ts';
import { type ClientIdentity, callUcl, field, type UclAnswer } from './ucl-client.ts';

let ucl: Ucl;
let runtimeId: string;
let identity: ClientIdentity;

beforeAll(async () => {
  ucl = await startUcl();
  runtimeId = ucl.landscape.registerRuntime().id;
  const minted = await mintIdentity(ucl, { runtimeId });
  identity = { key: minted.key, cert: minted.certificateChain };
});

afterAll(() => ucl?.stop());

describe('a document with several operations', () => {
  const query = 'query Who{viewer{id}} query What{viewer{type}} query Labels($id:ID!){runtime(id:$id){id}}';

  function send(url: string, request: object): Promise<UclAnswer> {
    return callUcl(ucl, url, { body: JSON.stringify(request), identity });
  }

  it('runs the one that operationName names, in a POST and in a GET', async () => {
    const parameters = new URLSearchParams({ query, operationName: 'Who' });

    const posted = await send(ucl.directorUrl, { query, operationName: 'What' });
    const got = await callUcl(ucl, `${ucl.directorUrl}?${parameters}`, { method: 'GET', identity });

    expect(posted.json?.data).toEqual({ viewer: { type: 'RUNTIME' } });
    expect(got.json?.data).toEqual({ viewer: { id: runtimeId } });
  });

  it('asks for the variables of that one alone', async () => {
    const answer = await send(ucl.directorUrl, { query, operationName: 'Labels' });

    expect(answer.status).toBe(422);
    expect(answer.json?.errors?.[0]?.message).toContain('input: variable.id must be defined');
  });

  it('is refused where none has that name, and where none is named', async () => {
    const unknown = await send(ucl.directorUrl, { query, operationName: 'Nobody' });
    const unnamed = await send(ucl.directorUrl, { query });
    const atConnector = await send(ucl.securedConnectorUrl, {
      query: '{configuration{token{token}}}',
      operationName: 'Nobody',
    });

    expect([unknown.status, unnamed.status, atConnector.status]).toEqual([422, 422, 422]);
    expect(unknown.json?.errors?.[0]?.message).toContain('reason: input: operation Nobody not found]');
    expect(unnamed.json?.errors?.[0]?.message).toContain('reason: input: operation  not found]');
    expect(atConnector.json?.errors).toEqual([
      { message: 'operation Nobody not found', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  it('is refused for what is wrong in any of them before the missing one is noticed', async () => {
    const answer = await send(ucl.directorUrl, { query: `${query} query Wrong{nope}`, operationName: 'Nobody' });

    expect(answer.json?.errors).toHaveLength(1);
    expect(answer.json?.errors?.[0]?.message).toContain('Cannot query field "nope"');
  });

  it('counts by the operation that ran, not by the first one', async () => {
    ucl.requests.clear();

    await send(ucl.directorUrl, { query, operationName: 'Labels', variables: { id: runtimeId } });

    expect(ucl.requests.all().map(({ operations, status }) => [operations, status])).toEqual([[['runtime'], 200]]);
  });
});

describe('the definitions of a system, asked for by its id', () => {
  const query = 'query($a:ID!){apisForApplication(appID:$a){data{name} totalCount} application(id:$a){id}}';

  it('stay without an error when it is not shared any more, and are an empty page when it is deleted', async () => {
    const { id } = ucl.landscape.registerApplication({
      name: 'Orders',
      bundles: [{ name: 'One', apis: [{ name: 'Orders API', targetURL: 'https://orders.example.test' }] }],
    });
    const ask = () => callUcl(ucl, ucl.directorUrl, { query, variables: { a: id }, identity });

    const unshared = await ask();
    ucl.landscape.deleteApplication(id);
    const deleted = await ask();

    expect(unshared.json?.errors?.map(({ path }) => path)).toEqual([['application']]);
    expect(field(unshared, 'apisForApplication')).toEqual({ data: [{ name: 'Orders API' }], totalCount: 1 });
    expect(deleted.json?.errors?.map(({ path }) => path)).toEqual([['application']]);
    expect(field(deleted, 'apisForApplication')).toEqual({ data: [], totalCount: 0 });
  });
});

it('answers after a restart at the same address, on new connections and with all that is registered', async () => {
  const query = '{ viewer { id } }';
  const before = await callUcl(ucl, ucl.directorUrl, { query, identity });
  await ucl.restart();
  const after = await callUcl(ucl, ucl.directorUrl, { query, identity });
  expect(before.json?.data).toEqual({ viewer: { id: runtimeId } });
  expect(after.json).toEqual(before.json);
});
