import { expect, test } from 'vitest';
import type { JsonObject } from '../../servers/kube-api/kube-object.ts';
import { parseJson } from '../../servers/kube-api/kube-object.ts';
import { Identities } from '../../servers/ucl/identities.ts';
import { Landscape } from '../../servers/ucl/landscape.ts';
import { registerSampleLandscape } from '../../servers/ucl/sample-landscape.ts';
import { type ActualObjects, compareObjects } from './compare-objects.ts';
import { type ExpectedObjects, expectedObjects } from './expected-objects.ts';

const clock = () => new Date('2026-01-01T00:00:00Z');

function sample(): ExpectedObjects {
  const landscape = new Landscape(new Identities(clock), { clock });
  return expectedObjects(landscape, registerSampleLandscape(landscape).runtimeId);
}

/** The cluster as it should be, in the form of the API server. */
function toActual(expected: ExpectedObjects): ActualObjects {
  const failed = new Set(expected.failures.map(({ applicationId }) => applicationId)).size;
  const desired = expected.applications.length;
  const objects = {
    applications: expected.applications.map(({ name, labels, spec, status }) => ({
      metadata: { name, labels, uid: `uid-${name}` },
      ...{ spec, status },
    })),
    secrets: expected.secrets.map(({ name, namespace, labels, owner, type, data }) => ({
      metadata: {
        ...{ name, namespace, labels },
        ownerReferences: [
          {
            apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
            kind: 'Application',
            ...{ name: owner, uid: `uid-${owner}` },
          },
        ],
      },
      type,
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, toBase64(value)])),
    })),
    connection: {
      status: {
        connectionState: 'Synchronized',
        conditions: [{ type: 'Ready', status: 'True' }],
        applications: { desired, ready: desired - failed, failed },
        failures: expected.failures.map(({ applicationId, reason }) => ({ applicationId, reason })),
      },
    },
  };
  return JSON.parse(JSON.stringify(objects));
}

function toBase64(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
}

/** The actual objects with one piece of their JSON text replaced. */
function tamper(actual: ActualObjects, from: string, to: string): ActualObjects {
  const text = JSON.stringify(actual);
  expect(text).toContain(from);
  return JSON.parse(text.replace(from, to));
}

test('a cluster that is as the landscape wants it has no differences, whatever the order', () => {
  const expected = sample();
  const actual = toActual(expected);
  const reversed: JsonObject[] = actual.applications.toReversed().map((application) => {
    const copy = parseJson(
      JSON.stringify(application, (key, value) => (key === 'services' ? value.toReversed() : value)),
    );
    return copy !== null && typeof copy === 'object' && !Array.isArray(copy) ? copy : {};
  });
  expect(compareObjects(expected, actual)).toEqual([]);
  expect(compareObjects(expected, { ...actual, applications: reversed })).toEqual([]);
});

test.each([
  ['"encodeUrl":false', '"encodeUrl":true', /^Application \S+: spec\.encodeUrl: is true, expected false$/],
  ['"encodeUrl":false,', '', /^Application \S+: spec\.encodeUrl: missing, expected false$/],
  ['"identifier":""', '"identifier":"x"', /spec\.services\[\S+\]\.identifier: is "x"/],
  ['/sap/opu/odata/sap/API_SALES_ORDER_SRV', '/elsewhere', /entries\[API\/\S+\]\.targetUrl: is/],
  [toBase64('invented-basic-password'), toBase64('another'), /^Secret \S+: data\.password: has another value$/],
  ['"uid":"uid-mp-commerce-cloud"}]', '"uid":"other"}]', /metadata\.ownerReferences/],
  ['"reason":"UnsupportedCredential"', '"reason":"Other"', /failure \S+ Other: nobody expects it/],
  ['"connectionState":"Synchronized"', '"connectionState":"Connected"', /connectionState: is "Connected"/],
])('%s turned into %s is found', (from, to, difference) => {
  const expected = sample();
  const found = compareObjects(expected, tamper(toActual(expected), from, to));
  expect(found[0]).toMatch(difference);
});

test('missing and surplus objects are told, and values of Secrets are not', () => {
  const expected = sample();
  const { applications, secrets, connection } = toActual(expected);
  const [application] = applications;
  const found = compareObjects(
    { ...expected, applications: expected.applications.slice(1), secrets: expected.secrets.slice(1) },
    { applications: applications.slice(2), secrets: secrets.slice(2), connection },
  );
  expect(found.filter((line) => line.endsWith(': missing')).length).toBeGreaterThanOrEqual(2);
  expect(
    compareObjects(
      { ...expected, applications: [] },
      { applications: application ? [application] : [], secrets, connection },
    ).join('\n'),
  ).toContain('nobody expects it');
  expect(found.join('\n')).not.toContain('invented-');
});
