import { spawnSync } from 'node:child_process';

export interface Revision {
  /** https://github.com/opencontainers/image-spec/blob/main/annotations.md */
  readonly labels: Readonly<Record<string, string>>;
  /** Time of the commit, in seconds since 1970; 0 where there is none. */
  readonly timestamp: number;
}

/** Where the sources come from, as git knows it. Without git, as in an unpacked archive, nothing is known. */
export function readRevision(folder: string): Revision {
  const [commit, time] = git(folder, ['log', '-1', '--format=%H %ct'])?.split(' ') ?? [];
  if (commit === undefined) return { labels: {}, timestamp: 0 };
  const isChanged = git(folder, ['status', '--porcelain']) !== '';
  const source = toSource(git(folder, ['remote', 'get-url', 'origin']));
  return {
    labels: {
      'org.opencontainers.image.revision': isChanged ? `${commit}-dirty` : commit,
      ...(source === undefined ? {} : { 'org.opencontainers.image.source': source }),
    },
    timestamp: Number(time),
  };
}

/** The address of a repository that others can reach, without user name and password; undefined for any other. */
export function toSource(remote: string | undefined): string | undefined {
  const url = remote === undefined ? null : URL.parse(remote);
  if (url?.protocol !== 'https:') return undefined;
  url.username = '';
  url.password = '';
  return url.href;
}

function git(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
