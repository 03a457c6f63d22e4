import { spawnSync } from 'node:child_process';
import { ImageError } from './image-error.ts';

export const builderNames = ['docker', 'podman', 'buildah'] as const;
export type BuilderName = (typeof builderNames)[number];

export interface ImageRequest {
  readonly tag: string;
  /** Base images by the build argument that takes them; those of the Dockerfile where there is none. */
  readonly baseImages: Readonly<Record<string, string>>;
  /** `linux/arm64`; undefined: that of this machine. */
  readonly platform: string | undefined;
  /** Annotations of the image beyond those of the Dockerfile. */
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970 that files and image bear, so that the same sources give the same image. */
  readonly timestamp: number;
  /** Files by the name of the secret that the Dockerfile mounts. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Folder with the Dockerfile. */
  readonly context: string;
  /** Where the image goes as an archive besides, if anywhere. */
  readonly archive: string | undefined;
}

export interface BuildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a program that is not usable says so, and undefined where it is usable. */
export type Probe = (name: BuilderName) => string | undefined;

/**
 * Which program builds the image: the first one that is there and works.
 * @throws ImageError when none is.
 */
export function findBuilder(wanted: BuilderName | undefined, probe: Probe): BuilderName {
  const problems: string[] = [];
  for (const name of wanted === undefined ? builderNames : [wanted]) {
    const problem = probe(name);
    if (problem === undefined) return name;
    problems.push(`${name} ${problem}`);
  }
  throw new ImageError(
    `Nothing here can build an image (${problems.join('; ')}). Install Docker, Podman or Buildah (Debian: apt-get install buildah).`,
  );
}

/** Asks the program itself; a client of Docker alone, without an engine, is of no use. */
export function probeBuilder(name: BuilderName): string | undefined {
  const args = name === 'buildah' ? ['--version'] : ['info'];
  const { error, status } = spawnSync(name, args, { stdio: 'ignore', timeout: 30_000 });
  if (error !== undefined) return 'is not installed';
  return status === 0 ? undefined : 'is installed, but its engine does not answer';
}

/** The commands that build the image and store it, in their order. */
export function planBuild(builder: BuilderName, request: ImageRequest): BuildCommand[] {
  const { tag, archive, context, timestamp } = request;
  const isDocker = builder === 'docker';
  const build: BuildCommand = {
    program: builder,
    args: [
      'build',
      ...(isDocker ? [] : ['--format=oci', `--timestamp=${timestamp}`]),
      `--file=${context}/Dockerfile`,
      `--tag=${tag}`,
      ...(request.platform === undefined ? [] : [`--platform=${request.platform}`]),
      ...Object.entries(request.baseImages).map(([name, image]) => `--build-arg=${name}=${image}`),
      ...Object.entries(request.labels).map(([name, value]) => `--label=${name}=${value}`),
      ...Object.entries(request.secrets).map(([id, file]) => `--secret=id=${id},src=${file}`),
      context,
    ],
    // Only BuildKit knows secrets; it takes the time from the environment.
    env: isDocker ? { DOCKER_BUILDKIT: '1', SOURCE_DATE_EPOCH: String(timestamp) } : {},
  };
  return archive === undefined
    ? [build]
    : [build, { program: builder, args: toSaveArgs(builder, tag, archive), env: {} }];
}

function toSaveArgs(builder: BuilderName, tag: string, archive: string): string[] {
  switch (builder) {
    case 'docker':
      return ['save', `--output=${archive}`, tag];
    case 'podman':
      return ['save', '--format=oci-archive', `--output=${archive}`, tag];
    case 'buildah':
      return ['push', tag, `oci-archive:${archive}:${tag}`];
  }
}
