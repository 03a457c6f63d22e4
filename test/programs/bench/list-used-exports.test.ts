import { expect, it } from 'vitest';
import { toUsedExports } from './list-used-exports.ts';

it('lists of each package what the sources take from it, and nothing that is a type, of Node or their own', () => {
  const sources = [
    "import type { A } from 'typed';\nimport { readFile } from 'node:fs/promises';\nimport { own } from './own.ts';\n",
    "import axios, { type B, isAxiosError as isError } from 'axios';\nimport * as z from 'zod/mini';\nz.string(z.number());\n",
    "import {\n  Command,\n  Option,\n} from 'commander';\nimport { z } from 'zod';\nimport { Exec } from '@kubernetes/client-node/dist/exec.js';\nconst later = await import('later');\n",
  ];
  expect(toUsedExports(sources)).toEqual([
    {
      name: '@kubernetes/client-node',
      specifiers: [{ specifier: '@kubernetes/client-node/dist/exec.js', exports: ['Exec'] }],
    },
    { name: 'axios', specifiers: [{ specifier: 'axios', exports: ['default', 'isAxiosError'] }] },
    { name: 'commander', specifiers: [{ specifier: 'commander', exports: ['Command', 'Option'] }] },
    {
      name: 'zod',
      specifiers: [
        { specifier: 'zod/mini', exports: ['number', 'string'] },
        { specifier: 'zod', exports: ['z'] },
      ],
    },
  ]);
});
