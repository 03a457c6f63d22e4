import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { annotations } from '../../../agent/domain/annotations.ts';
import { aConnection } from './a-connection.ts';
import { findUnknownFields, type Shape } from './find-unknown-fields.ts';
import { inspectExtension } from './inspect-extension.ts';
import { findGaps, readExtension } from './read-extension.ts';

const crds = join(import.meta.dirname, '../../../manifests/crds');

const crdSchema = z.object({
  spec: z.object({
    group: z.string(),
    scope: z.string(),
    names: z.object({ kind: z.string(), plural: z.string() }),
    versions: z.tuple([
      z.object({
        name: z.string(),
        schema: z.object({ openAPIV3Schema: z.object({ properties: z.record(z.string(), z.looseObject({})) }) }),
      }),
    ]),
  }),
});

function readCrd(name: string) {
  const document: unknown = parse(readFileSync(join(crds, `${name}.yaml`), 'utf8'));
  const { group, scope, names, versions } = crdSchema.parse(document).spec;
  const [{ name: version, schema }] = versions;
  const { properties } = schema.openAPIV3Schema;
  // A CRD says nothing of what every object has.
  const metadata = { properties: { name: {}, labels: {}, annotations: {} } };
  const shape: Shape = { properties: { ...properties, metadata } };
  return { resource: { kind: names.kind, group, version }, plural: names.plural, scope, properties, shape };
}

const connection = readCrd('compassconnections.compass.kyma-project.io');
const application = readCrd('applications.applicationconnector.kyma-project.io');
const anApplication = { metadata: { name: 'mp-point-of-sale' }, spec: { compassMetadata: {} } };
const { labels, extension } = readExtension();

describe('the extension of the Kyma dashboard', () => {
  test('carries the labels by which the dashboard finds it', () => {
    expect(labels).toMatchObject({ 'busola.io/extension': 'resource', 'busola.io/extension-version': '0.5' });
  });

  test('is about the CompassConnection and the Applications of our CRDs', () => {
    const { resource, scope, urlPath } = extension.general;
    expect({ resource, scope, urlPath }).toEqual({
      resource: connection.resource,
      scope: connection.scope.toLowerCase(),
      urlPath: connection.plural,
    });
    const { namespace: _, ...related } = extension.dataSources.applications?.resource ?? {};
    expect(related).toEqual(application.resource);
    const locations = extension.injections.flatMap(({ targets }) => targets.map(({ location }) => location));
    expect(new Set(locations)).toEqual(new Set([application.plural]));
  });

  test('gives each widget what it needs', () => {
    const { list, details, injections } = extension;
    const components = [list, details.header, details.status.header, details.status.body, details.body, injections];
    expect(components.flat().flatMap(findGaps)).toEqual([]);
  });

  const inspect = (value: object, isComplete: boolean) =>
    inspectExtension(extension, {
      connection: { shape: connection.shape, value },
      application: { shape: application.shape, value: anApplication },
      isComplete,
    });

  test('asks in every expression for fields that the object has', async () => {
    expect(await inspect(aConnection, true)).toEqual([]);
  });

  test('knows what to hide before the agent has written anything, and on the CRD of the module', async () => {
    const { status, ...unwritten } = aConnection;
    const { connectionState, connectionStatus, synchronizationStatus } = status;
    const ofModule = { ...unwritten, status: { connectionState, connectionStatus, synchronizationStatus } };
    expect(await inspect(unwritten, false)).toEqual([]);
    expect(await inspect(ofModule, false)).toEqual([]);
  });

  test('lets people change fields that the object has', () => {
    const paths = extension.form.map(({ path }) => findUnknownFields(path, { here: connection.shape, variables: {} }));
    expect(paths.flatMap(({ unknown }) => unknown)).toEqual([]);
  });

  test('names the annotations that the agent reads, where it tells people to add them', () => {
    const named = (text: object) => JSON.stringify(text).match(/compass\.kyma-project\.io\/[a-z-]+/g) ?? [];
    const byPeople = [annotations.pruneApproved, annotations.suspend];
    expect(new Set(named(extension.form))).toEqual(new Set(byPeople));
    expect(new Set(named(extension))).toEqual(new Set(byPeople));
  });
});

describe('the object by which the paths are tried', () => {
  test('is one that our CRD takes, without a field that it drops', () => {
    const { status } = connection.properties;
    const strict = JSON.stringify(status).replaceAll('"type":"object"', '"type":"object","additionalProperties":false');
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const schema = z.record(z.string(), z.unknown()).parse(JSON.parse(strict));
    expect(ajv.validate(schema, aConnection.status), JSON.stringify(ajv.errors)).toBe(true);
  });
});

describe('the search for unknown fields', () => {
  const scope = { here: connection.shape, variables: { root: connection.shape } };
  test.each([
    ['status.connectionstate', 'no field connectionstate'],
    ["status.conditions[kind = 'Ready'].reason", 'no field kind'],
    ["status.conditions[type = 'Ready'].(state = 'True')", 'no field state'],
    ['$exists($root.status.certificate.renewedAt)', 'no field renewedAt'],
    ['$resource.status', 'no variable $resource'],
    ['spec.suspend ? status.lastsync : 1', 'no field lastsync'],
  ])('finds the one of %s', (expression, found) => {
    expect(findUnknownFields(expression, scope).unknown).toEqual([`${found} in ${expression}`]);
  });
});
