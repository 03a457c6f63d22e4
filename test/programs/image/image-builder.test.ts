import { describe, expect, test } from 'vitest';
import { type BuilderName, findBuilder, type ImageRequest, planBuild } from './image-builder.ts';
import { ImageError } from './image-error.ts';

const request: ImageRequest = {
  tag: 'registry.example.com/ucl-agent:1.2.3',
  baseImages: { RUNTIME_IMAGE: 'registry.example.com/node:24' },
  platform: 'linux/arm64',
  labels: { 'org.opencontainers.image.revision': 'abc' },
  timestamp: 1_700_000_000,
  secrets: { npmrc: '/tmp/npmrc' },
  context: '/src',
  archive: '/tmp/image.tar',
};
const common = [
  '--file=/src/Dockerfile',
  '--tag=registry.example.com/ucl-agent:1.2.3',
  '--platform=linux/arm64',
  '--build-arg=RUNTIME_IMAGE=registry.example.com/node:24',
  '--label=org.opencontainers.image.revision=abc',
  '--secret=id=npmrc,src=/tmp/npmrc',
  '/src',
];

describe('the builder', () => {
  const probe =
    (...working: BuilderName[]) =>
    (name: BuilderName) =>
      working.includes(name) ? undefined : 'is not installed';

  test.each([
    [['docker', 'podman', 'buildah'], 'docker'],
    [['podman', 'buildah'], 'podman'],
    [['buildah'], 'buildah'],
  ] as const)('of %j is %s', (working, expected) => {
    expect(findBuilder(undefined, probe(...working))).toBe(expected);
  });

  test('is the one asked for, also where another one comes first', () => {
    expect(findBuilder('buildah', probe('docker', 'buildah'))).toBe('buildah');
  });

  test('is missed in one line that tells what was tried and what to install', () => {
    expect(() =>
      findBuilder(undefined, (name) => (name === 'docker' ? 'does not answer' : 'is not installed')),
    ).toThrow(
      new ImageError(
        'Nothing here can build an image (docker does not answer; podman is not installed; buildah is not installed). Install Docker, Podman or Buildah (Debian: apt-get install buildah).',
      ),
    );
  });
});

describe('the commands of', () => {
  test('docker use BuildKit, which alone knows secrets', () => {
    expect(planBuild('docker', request)).toEqual([
      { program: 'docker', args: ['build', ...common], env: { DOCKER_BUILDKIT: '1', SOURCE_DATE_EPOCH: '1700000000' } },
      { program: 'docker', args: ['save', '--output=/tmp/image.tar', request.tag], env: {} },
    ]);
  });

  test('podman and buildah give every file the time of the commit', () => {
    const args = ['build', '--format=oci', '--timestamp=1700000000', ...common];
    expect(planBuild('podman', request)).toEqual([
      { program: 'podman', args, env: {} },
      { program: 'podman', args: ['save', '--format=oci-archive', '--output=/tmp/image.tar', request.tag], env: {} },
    ]);
    expect(planBuild('buildah', request)).toEqual([
      { program: 'buildah', args, env: {} },
      { program: 'buildah', args: ['push', request.tag, `oci-archive:/tmp/image.tar:${request.tag}`], env: {} },
    ]);
  });

  test('any builder leave out what nobody asked for', () => {
    const plain = { ...request, baseImages: {}, labels: {}, platform: undefined, archive: undefined };
    expect(planBuild('docker', plain).map(({ args }) => args)).toEqual([
      ['build', '--file=/src/Dockerfile', `--tag=${request.tag}`, '--secret=id=npmrc,src=/tmp/npmrc', '/src'],
    ]);
  });
});
