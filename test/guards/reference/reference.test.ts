import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listFields, readCrd } from './read-crd.ts';
import { renderReferencePage } from './render-reference-page.ts';

const connection = await readCrd('manifests/crds/compassconnections.compass.kyma-project.io.yaml');
const application = await readCrd('manifests/crds/applications.applicationconnector.kyma-project.io.yaml');
const shipped = await readCrd('test/data/fixtures/shipped-crds/compassconnections.compass.kyma-project.io.yaml');

test('docs/reference.md tells every field, column and annotation', async () => {
  const page = renderReferencePage({ connection, application, shipped });
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../../docs/reference.md'));
});

test('every field and column of the CompassConnection says what it means', () => {
  const mute = [
    ...listFields(connection.schema).flatMap(([path, { description = '' }]) => (description === '' ? [path] : [])),
    ...connection.columns.flatMap(({ name, description = '' }) => (description === '' ? [name] : [])),
  ];
  expect(mute).toEqual(['metadata', 'Age']);
});
