import fc from 'fast-check';
import { toConnectionReport } from '../../agent/cli/connection-report.ts';
import { renderReport } from '../../agent/cli/render-report.ts';
import { classifyAnswer, classifyStatusObject } from '../../agent/kube/api/classify-answer.ts';
import { describeFailure } from '../../agent/kube/api/describe-failure.ts';
import { applicationType, secretType } from '../../agent/kube/api/resource-type.ts';
import { parsePairingConfiguration, toConfigurationFingerprint } from '../../agent/kube/stores/configuration-source.ts';
import { toCompassConnection } from '../../agent/kube/stores/connection-form.ts';
import { parsePairingKeys } from '../../agent/kube/stores/pairing-record.ts';
import { parseApplication, parseSecret, parseStoredConnection } from '../../agent/kube/stores/parse-object.ts';
import { readRequests } from '../../agent/status/requests.ts';
import { readPruneNote } from '../../agent/sync/prune-note.ts';
import { almost, anyJson, anyText, nearly, secret, type Target, toTarget } from './target.ts';

const metadata = almost({
  name: anyText,
  namespace: anyText,
  uid: anyText,
  resourceVersion: anyText,
  labels: fc.dictionary(anyText, anyText),
  annotations: fc.dictionary(anyText, anyText),
  ownerReferences: fc.array(almost({ apiVersion: anyText, kind: anyText, name: anyText, uid: anyText }), {
    maxLength: 2,
  }),
  finalizers: fc.array(anyText, { maxLength: 2 }),
  managedFields: fc.array(almost({ manager: anyText, time: anyText, fieldsV1: anyJson }), { maxLength: 2 }),
});
const text64 = fc.constant(Buffer.from(secret).toString('base64'));
const secretObject = almost({ metadata, type: anyText, data: fc.dictionary(anyText, text64) });
const applicationObject = almost({
  apiVersion: fc.constant('applicationconnector.kyma-project.io/v1alpha1'),
  kind: fc.constant('Application'),
  metadata,
  spec: almost({
    description: anyText,
    compassMetadata: almost({ applicationId: anyText, authentication: almost({ clientIds: fc.array(anyText) }) }),
    services: fc.array(
      almost({
        id: anyText,
        name: anyText,
        displayName: anyText,
        description: anyText,
        providerDisplayName: anyText,
        entries: fc.array(anyJson, { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  }),
});
const connectionObject = almost({
  metadata: almost({
    name: anyText,
    annotations: fc.dictionary(
      fc.oneof(
        anyText,
        fc
          .constantFrom('sync-requested-at', 'prune-memory', 'prune-approved', 'read-memory')
          .map((name) => `compass.kyma-project.io/${name}`),
      ),
      anyText,
    ),
  }),
  spec: almost({
    managementInfo: almost({ directorUrl: anyText, connectorUrl: anyText }),
    resyncNow: fc.boolean(),
    suspend: fc.boolean(),
  }),
  status: almost({
    connectionState: fc.oneof(fc.constant('Synchronized'), anyText),
    connectionStatus: almost({
      established: anyText,
      certificateStatus: almost({ notAfter: anyText }),
      error: anyText,
    }),
    conditions: fc.array(
      almost({
        type: fc.constant('Ready'),
        status: fc.constant('True'),
        reason: anyText,
        message: anyText,
        lastTransitionTime: anyText,
      }),
      { maxLength: 2 },
    ),
    failures: fc.array(almost({ applicationId: anyText, name: anyText, reason: anyText, message: anyText }), {
      maxLength: 2,
    }),
    nextSync: anyText,
    prune: almost({ heldHash: anyText, heldCount: fc.nat(), heldSince: anyText, heldUntil: anyText }),
  }),
});

const toObject = (text: string) => ({
  metadata: {
    name: text,
    labels: { [text]: text },
    annotations: { [text]: text, 'compass.kyma-project.io/prune-memory': text },
  },
  spec: { [text]: text, compassMetadata: { applicationId: text, [text]: text } },
  status: {
    connectionState: text,
    [text]: text,
    conditions: [{ type: text }],
    connectionStatus: { error: text, certificateStatus: { notAfter: text } },
  },
});

const status = almost({
  message: anyText,
  reason: anyText,
  code: fc.integer({ min: 300, max: 599 }),
  details: almost({
    name: anyText,
    causes: fc.array(almost({ field: anyText, reason: anyText, message: anyText }), { maxLength: 2 }),
  }),
});
const place = { namespace: 'kyma-system', name: 'one' };
const writing = { verb: 'create', ...place } as const;
const pairingKeys = [
  'tokenHash',
  'privateKeyPem',
  'followUp',
  'signed',
  'attempts',
  'nextAttemptAt',
  'paired',
  'usedTokenHash',
  'refusedTokenHash',
];
const pairing = fc.dictionary(
  fc.oneof(fc.constantFrom(...pairingKeys), anyText),
  fc.oneof(
    anyText,
    fc.constant(secret),
    anyJson.map((value) => JSON.stringify(value) ?? ''),
  ),
);

/** What a person sees of the CompassConnection, and what the agent takes from it. */
function readConnection(object: unknown): unknown {
  const connection = toCompassConnection(parseStoredConnection(object));
  readRequests(connection);
  readPruneNote(connection.metadata.annotations?.['compass.kyma-project.io/prune-memory']);
  return renderReport(toConnectionReport(connection, new Date(0), 'kubectl'), new Date(0), (_, text) => text);
}

/** What is told of a refusal; the server may quote what was sent. */
function refuse(answer: unknown, code: number): unknown {
  const data = { password: Buffer.from(secret).toString('base64') };
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const sent = { attempt: { ...writing, type: secretType }, body: { data } };
  return [
    describeFailure(classifyAnswer(sent.attempt, { status: code, text, retryAfterMs: undefined }, sent.body)),
    describeFailure(classifyStatusObject({ ...writing, type: applicationType }, answer)),
  ];
}

export const clusterTargets: readonly Target[] = [
  toTarget('parseSecret', secretObject, toObject, (object) => void parseSecret(object)),
  toTarget('parseApplication', applicationObject, toObject, (object) => parseApplication(object).unreadable),
  toTarget('the CompassConnection', connectionObject, toObject, readConnection),
  toTarget<[unknown, number]>(
    'the refusals of the API server',
    fc.tuple(
      nearly(
        status.map((value) => ({ ...Object(value), message: `Invalid value: "${secret}": ${JSON.stringify(value)}` })),
      ),
      fc.integer({ min: 300, max: 599 }),
    ),
    (text) => [{ message: text, reason: text, details: { name: text, causes: [{ field: text, message: text }] } }, 422],
    ([answer, code]) => refuse(answer, code),
  ),
  toTarget(
    'parsePairingConfiguration',
    fc.record(
      { CONNECTOR_URL: anyText, TOKEN: anyText.map((text) => secret + text), RUNTIME_ID: anyText, TENANT: anyText },
      { requiredKeys: [] },
    ),
    (text) => ({ CONNECTOR_URL: text, TOKEN: text, RUNTIME_ID: text, TENANT: text }),
    (values) => {
      const data = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      );
      const object = { apiVersion: 'v1', kind: 'Secret', metadata: place, data } as const;
      toConfigurationFingerprint(object);
      const read = parsePairingConfiguration(object, place);
      return read.kind === 'present' ? undefined : read.message;
    },
  ),
  toTarget(
    'parsePairingKeys',
    pairing,
    (text) => ({ followUp: text, signed: text, paired: text, nextAttemptAt: text, [text]: text }),
    (keys) => void parsePairingKeys(keys),
  ),
  toTarget(
    'readPruneNote',
    fc.oneof(
      anyText,
      anyJson.map((value) => JSON.stringify(value)),
    ),
    (text) => text,
    (note) => void readPruneNote(note),
  ),
];
