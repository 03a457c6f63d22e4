import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseOptions } from './parse-options.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the options of the benchmark', () => {
  it('measure 10, 100 and 1,000 systems of 2 bundles on the embedded servers when nothing is said', () => {
    expect(parseOptions([])).toMatchObject({
      options: {
        sizes: [10, 100, 1000],
        bundles: 2,
        starts: 5,
        syncs: 100,
        cluster: 'embedded',
        output: 'markdown',
        withoutFloor: false,
        writeDocs: false,
      },
    });
  });

  it('take sizes as a list', () => {
    const args = [
      '--sizes',
      '10,200',
      '--syncs',
      '7',
      '--cluster',
      'real',
      '--output',
      'json',
      '--without-floor',
      '--write-docs',
    ];
    expect(parseOptions(args)).toMatchObject({
      options: { sizes: [10, 200], syncs: 7, cluster: 'real', output: 'json', withoutFloor: true, writeDocs: true },
    });
  });

  it.each([['--sizes', '10,x'], ['--sizes', '0'], ['--cluster', 'cloud'], ['--unknown'], ['extra']])(
    'are refused in one line: %s %s',
    (...args) => {
      const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      expect(parseOptions(args)).toEqual({ exitCode: 2 });
      expect(written.mock.calls.join('')).toMatch(/^error: [^\n]+\n$/);
    },
  );
});
