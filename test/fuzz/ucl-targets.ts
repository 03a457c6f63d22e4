import fc from 'fast-check';
import { classifyFailure } from '../../agent/compass/classify-failure.ts';
import { createGraphqlTransport } from '../../agent/compass/graphql-transport.ts';
import { parseAnswer } from '../../agent/compass/parse-answer.ts';
import { parseConfiguration, parseSignedCertificate } from '../../agent/compass/parse-connector.ts';
import {
  openLandscapePage,
  parseApplicationBundles,
  parseBundleApis,
  parseBundleEvents,
  parseIdPage,
  parseLandscapePage,
  parseNamePage,
  parseSystems,
  parseViewer,
} from '../../agent/compass/parse-director.ts';
import { parseLandscapeAnswer, SystemText } from '../../agent/compass/parse-landscape-answer.ts';
import { parseRetryAfter } from '../../agent/compass/parse-retry-after.ts';
import type { Parsed } from '../../agent/compass/parse-with.ts';
import { readSizeNote } from '../../agent/compass/size-note.ts';
import { toSafeMessage } from '../../agent/compass/to-safe-message.ts';
import { weighAnswer } from '../../agent/compass/weigh-answer.ts';
import { assembleChain, toSendableChain } from '../../agent/connection/assemble-chain.ts';
import { inspectCredential } from '../../agent/connection/inspect-credential.ts';
import { verifyCertificate } from '../../agent/connection/verify-certificate.ts';
import { explain } from '../../agent/errors/explain.ts';
import { almost, anyJson, anyText, nearly, secret, type Target, toTarget } from './target.ts';

const flag = fc.boolean();
const count = fc.nat(3);

function pageOf(item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return almost({
    data: fc.array(nearly(item), { maxLength: 3 }),
    pageInfo: almost({ endCursor: anyText, hasNextPage: flag }),
    totalCount: count,
  });
}

const parameters = fc.oneof(fc.constant(null), fc.dictionary(anyText, fc.array(fc.constant(secret), { maxLength: 2 })));
const credential = fc.oneof(
  almost({ __typename: fc.constant('BasicCredentialData'), username: anyText, password: fc.constant(secret) }),
  almost({
    __typename: fc.constant('OAuthCredentialData'),
    clientId: anyText,
    clientSecret: fc.constant(secret),
    url: anyText,
  }),
  almost({ __typename: anyText, secret: fc.constant(secret) }),
);
const auth = almost({
  credential,
  additionalHeaders: parameters,
  additionalQueryParams: parameters,
  requestAuth: fc.oneof(fc.constant(null), almost({ csrf: almost({ tokenEndpointURL: anyText }) })),
});
const definition = almost({ id: anyText, name: anyText, targetURL: anyText });
const bundle = almost({
  id: anyText,
  name: anyText,
  description: anyText,
  instanceAuthRequestInputSchema: anyText,
  defaultInstanceAuth: auth,
  apiDefinitions: pageOf(definition),
  eventDefinitions: pageOf(definition),
});
const application = almost({
  id: anyText,
  name: anyText,
  description: anyText,
  auths: fc.array(almost({ id: anyText }), { maxLength: 3 }),
  bundles: pageOf(bundle),
});
export const landscapeData = almost({
  viewer: almost({ id: anyText, type: anyText }),
  runtime: almost({ labels: fc.dictionary(anyText, anyJson) }),
  applicationsForRuntime: pageOf(application),
});

/** A page in which each system is that text. */
export const toPageOfText = (text: string) => ({
  runtime: { labels: { [text]: text } },
  applicationsForRuntime: { data: [text], totalCount: 1, pageInfo: { endCursor: text, hasNextPage: false } },
});

const shownOf = (parsed: Parsed<unknown>): unknown => (parsed.ok ? undefined : parsed.problem);

/** A page as it is read where no errors came with it. */
function readSystems(data: unknown): Parsed<unknown> {
  const page = openLandscapePage(data, false);
  return page.ok ? parseSystems(page.value.systems, () => undefined) : page;
}

const parsers: Readonly<Record<string, (data: unknown) => Parsed<unknown>>> = {
  parseLandscapePage: (data) => parseLandscapePage(data, true),
  parseSystems: readSystems,
  parseIdPage,
  parseNamePage,
  parseViewer,
};

const nested = almost({
  application: almost({
    bundles: pageOf(bundle),
    bundle: almost({ apiDefinitions: pageOf(definition), eventDefinitions: pageOf(definition) }),
  }),
});
const nestedParsers = { parseApplicationBundles, parseBundleApis, parseBundleEvents };

const configuration = almost({
  configuration: almost({
    token: almost({ token: fc.constant(secret) }),
    certificateSigningRequestInfo: almost({ subject: anyText }),
    managementPlaneInfo: almost({ directorURL: anyText, certificateSecuredConnectorURL: anyText }),
  }),
});
const base64 = anyText.map((text) => Buffer.from(text).toString('base64'));
const signed = almost({
  signCertificateSigningRequest: almost({
    clientCertificate: base64,
    certificateChain: base64,
    caCertificate: anyText,
  }),
});

const wireErrors = fc.array(
  almost({ message: anyText, path: fc.array(fc.oneof(anyText, count)), extensions: almost({ error_code: count }) }),
  { maxLength: 3 },
);

/** Everything that the transport makes of an answer's body, up to the message of the failure. */
async function exchange(body: string, status: number): Promise<unknown> {
  const transport = createGraphqlTransport(
    {
      api: 'director',
      url: 'https://director.example.test',
      headers: { authorization: secret },
      correlationId: () => 'id',
      queryLogging: false,
      onAsked: () => undefined,
      maxAnswerWeight: 2 ** 24,
      log: { debug: fail, info: fail, warn: fail, error: fail, child: fail },
      time: { now: () => new Date(0), instant: () => 0 },
    },
    {
      send: async () => ({
        status,
        headers: { 'content-type': 'application/json', 'retry-after': body.slice(0, 9) },
        body: new Uint8Array(Buffer.from(body)),
      }),
      close: () => undefined,
    },
  );
  const document = { operation: 'Fuzz', text: 'query Fuzz { viewer { id } }' };
  await transport.send(document, {}, new AbortController().signal);
  return undefined;
}

function fail(): never {
  throw new Error('nothing is logged here');
}

/** What is read system by system has to be what it is as a whole. */
function readBySystems(data: unknown): void {
  const text = JSON.stringify({ data });
  const read = JSON.stringify(parseLandscapeAnswer(text), (_, value: unknown) => {
    if (!(value instanceof SystemText)) return value;
    const system = value.read();
    return system.ok ? system.value : system.problem;
  });
  if (read !== JSON.stringify(parseAnswer(text))) throw new Error('the answer reads otherwise');
}

const pem = { certificatePem: '', privateKeyPem: secret, chainPem: '' };

export const uclTargets: readonly Target[] = [
  ...Object.entries(parsers).map(([name, parse]) =>
    toTarget(name, landscapeData, toPageOfText, (data) => shownOf(parse(data))),
  ),
  toTarget('parseLandscapeAnswer', landscapeData, toPageOfText, readBySystems),
  ...Object.entries(nestedParsers).map(([name, parse]) =>
    toTarget(
      name,
      nested,
      (text) => ({ application: { bundles: { data: [{ [text]: text }] } } }),
      (data) => shownOf(parse(data)),
    ),
  ),
  toTarget(
    'parseConfiguration',
    configuration,
    (text) => ({ configuration: { token: { token: text }, [text]: text } }),
    (data) => shownOf(parseConfiguration(data)),
  ),
  toTarget(
    'parseSignedCertificate',
    signed,
    (text) => ({
      signCertificateSigningRequest: { clientCertificate: text, certificateChain: text, caCertificate: text },
    }),
    (data) => shownOf(parseSignedCertificate(data)),
  ),
  toTarget<[string, number]>(
    'the GraphQL transport',
    fc.oneof(
      fc.tuple(
        fc.record({ errors: nearly(wireErrors), data: landscapeData }).map((value) => JSON.stringify(value)),
        count,
      ),
      fc.tuple(fc.oneof(anyText, fc.json({ stringUnit: 'binary' })), count),
    ),
    (text) => [text, 0],
    ([body, kind]) => exchange(body, [200, 400, 422, 500][kind] ?? 200),
  ),
  toTarget(
    'parseAnswer',
    fc.json({ stringUnit: 'binary' }),
    (text) => JSON.stringify([text, { [text]: text }]),
    (text) => {
      if (JSON.stringify(parseAnswer(text)).includes('\\ud8')) throw new Error('half a character');
    },
  ),
  toTarget(
    'weighAnswer',
    anyText,
    (text) => text,
    (text) => {
      if (weighAnswer(Buffer.from(text)) < text.length) throw new Error('too light');
    },
  ),
  toTarget(
    'parseRetryAfter',
    anyText,
    (text) => text,
    (text) => {
      const ms = parseRetryAfter(text, new Date(0)) ?? 0;
      if (!(ms >= 0 && ms <= 3_600_000)) throw new Error(`${ms} ms`);
    },
  ),
  toTarget<[string, number, string]>(
    'toSafeMessage',
    fc.tuple(anyText, count, anyText),
    (text) => [text, 22, text],
    ([before, code, after]) => toSafeMessage(`${before} ${secret} ${after}`, code === 0 ? 10 : code),
  ),
  toTarget(
    'classifyFailure',
    fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      code: fc.option(fc.integer({ min: 9, max: 32 }), { nil: undefined }),
      message: anyText,
      path: anyText,
    }),
    (text) => ({ status: 400, code: 22, message: text, path: text }),
    ({ status, code, message, path }) => {
      const errors = [{ message: `${message} ${secret}`, path: [path], code }];
      const failure = { kind: 'answer', status, bodyEmpty: false, errors, retryAfterMs: undefined } as const;
      return explain(classifyFailure({ api: 'director', operation: 'Fuzz', host: 'h' }, failure));
    },
  ),
  toTarget(
    'readSizeNote',
    anyText,
    (text) => text,
    (text) => readSizeNote(text),
  ),
  toTarget(
    'the certificates',
    anyText,
    (text) => text,
    (text) => {
      const texts = { clientCertificatePem: text, certificateChainPem: text, caCertificatePem: text };
      assembleChain(texts);
      toSendableChain(text, text);
      inspectCredential({ ...pem, certificatePem: text });
      return verifyCertificate(text, secret, [], new Date(0));
    },
  ),
];
