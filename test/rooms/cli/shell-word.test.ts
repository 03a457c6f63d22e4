import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../../agent/cli/shell-word.ts';

test.each(['plain', 'a b', "it's", "'", '$(date)', '`date`', '"', '\\', 'a;b', '*', ''])(
  '%j comes out of a shell as it went in',
  (text) => {
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
  },
);
