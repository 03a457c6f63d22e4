/** Where the version stands, besides package.json: each place says how its text is to read. A guard compares them all. */
interface Place {
  readonly file: string;
  /** Not there in every checkout. */
  readonly isOptional?: boolean;
  readonly set: (text: string, change: VersionChange) => string;
}

export interface VersionChange {
  readonly from: string;
  readonly to: string;
  /** `2030-01-31` */
  readonly date: string;
}

const ofImage = (text: string, { from, to }: VersionChange) => text.replaceAll(`ucl-agent:${from}`, `ucl-agent:${to}`);
const ofManifest = (text: string, { from, to }: VersionChange) =>
  text.replace(`"version": "${from}"`, `"version": "${to}"`);

const places: readonly Place[] = [
  { file: 'package.json', set: ofManifest },
  // The project stands in it twice, before all packages.
  { file: 'package-lock.json', set: (text, change) => ofManifest(ofManifest(text, change), change) },
  { file: 'CHANGELOG.md', set: setChangelog },
  {
    file: 'Dockerfile',
    set: (text, { from, to }) => text.replace(`image.version="${from}"`, `image.version="${to}"`),
  },
  { file: 'manifests/deployment.yaml', set: ofImage },
  {
    file: 'manifests/samples/overlay-kustomization.yaml',
    set: (text, { from, to }) => text.replace(`newTag: ${from}`, `newTag: ${to}`),
  },
  {
    file: 'manifests/chart/Chart.yaml',
    isOptional: true,
    set: (text, { from, to }) =>
      text
        .replace(`\nversion: ${from}\n`, `\nversion: ${to}\n`)
        .replace(`\nappVersion: ${from}\n`, `\nappVersion: ${to}\n`),
  },
  { file: 'docs/installation.md', set: ofImage },
  {
    file: 'docs/cli.md',
    set: (text, { from, to }) => text.replaceAll(`ucl-agent-${from}.tgz`, `ucl-agent-${to}.tgz`),
  },
  { file: 'test/suites/cluster/manifests.cluster-test.ts', set: ofImage },
];

/** The files that a new version changes. */
export const versionedFiles: readonly { file: string; isOptional?: boolean }[] = places;

/**
 * The texts of these files with the new version. Pure.
 * @throws Error where the version is no later one, or a file lacks its place.
 */
export function setVersion(texts: ReadonlyMap<string, string>, change: VersionChange): Map<string, string> {
  if (!isLater(change)) throw new Error(`${change.to} is not a version X.Y.Z after ${change.from}.`);
  return new Map(
    places.flatMap(({ file, isOptional = false, set }): [string, string][] => {
      const text = texts.get(file);
      if (text === undefined) {
        if (isOptional) return [];
        throw new Error(`${file} is missing.`);
      }
      const changed = set(text, change);
      if (changed === text) throw new Error(`${file} does not name version ${change.from}.`);
      return [[file, changed]];
    }),
  );
}

/**
 * What a version's section of the changelog says. Pure.
 * @throws Error where it has none.
 */
export function toReleaseNotes(changelog: string, version: string): string {
  const start = changelog.indexOf(`\n## ${version} - `);
  if (start === -1) throw new Error(`CHANGELOG.md has no section ${version}.`);
  const from = changelog.indexOf('\n', start + 1);
  const end = changelog.indexOf('\n## ', from);
  return `${changelog.slice(from, end === -1 ? undefined : end).trim()}\n`;
}

function setChangelog(text: string, { to, date }: VersionChange): string {
  const heading = '\n## Unreleased\n';
  const start = text.indexOf(heading);
  const body = start === -1 ? '' : text.slice(start + heading.length).split('\n## ')[0];
  if (body?.trim() === '') throw new Error('CHANGELOG.md has nothing under Unreleased: there is nothing to release.');
  return text.replace(heading, `${heading}\n## ${to} - ${date}\n`);
}

function isLater({ from, to }: VersionChange): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(to)) return false;
  const [present, next] = [from, to].map((version) => version.split('.').map(Number));
  const index = (next ?? []).findIndex((part, at) => part !== present?.[at]);
  return index !== -1 && (next?.[index] ?? 0) > (present?.[index] ?? 0);
}
