import { directives } from './completion-scripts.ts';
import type { Completions } from './list-completions.ts';

/** The answer to a shell, or to kubectl. */
export function renderCompletions({ candidates, isFile }: Completions): string {
  const lines = candidates.map(({ word, meaning }) => `${word}\t${meaning}\n`);
  return `${lines.join('')}${isFile ? directives.file : directives.nothing}\n`;
}
