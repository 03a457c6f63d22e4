import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReasonFacts } from '../../../agent/errors/reason-facts.ts';
import { reasons } from '../../../agent/errors/reasons.ts';
import { renderReasonsPage } from './render-reasons-page.ts';

const root = join(import.meta.dirname, '../../..');
const agentFolder = join(root, 'agent');
const code = readdirSync(agentFolder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('reasons.ts'))
  .map((path) => readFileSync(join(agentFolder, path), 'utf8'))
  .join('\n');

test('docs/reasons.md tells every reason as the table has it', async () => {
  await expect(renderReasonsPage()).toMatchFileSnapshot(join(root, 'docs', 'reasons.md'));
});

test('every reason of the table is used somewhere', () => {
  expect(Object.keys(reasons).filter((reason) => !code.includes(`'${reason}'`))).toEqual([]);
});

test('every reason that a person can meet in a failure says what the agent does and what to do', () => {
  const failures = Object.entries<ReasonFacts>(reasons).filter(([, { group }]) =>
    ['cluster', 'ucl', 'credentials', 'systems', 'defects'].includes(group),
  );
  expect(failures.length).toBeGreaterThan(20);
  for (const [reason, { meaning, agent, you }] of failures) {
    expect(
      [reason, meaning, agent, you].every((text) => text !== undefined && text !== ''),
      reason,
    ).toBe(true);
  }
});
