import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';

const chart = path.join(import.meta.dirname, '../../../manifests/chart');

/** Copies the chart into a folder as that of another version, which then is also the tag of the image. */
export async function writeChart(folder: string, version: string): Promise<void> {
  await cp(chart, folder, { recursive: true });
  const declared: unknown = parse(await readFile(path.join(chart, 'Chart.yaml'), 'utf8'));
  const changed = { ...Object(declared), version, appVersion: version };
  await writeFile(path.join(folder, 'Chart.yaml'), stringify(changed));
}
