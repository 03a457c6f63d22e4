import { parseSync, Visitor } from 'oxc-parser';
import { expect, test } from 'vitest';
import { readModules } from './read-modules.ts';

/** Their messages are sentences already: people read them as they stand. */
const roomsOfSentences = ['cli', 'status', 'log', 'config'];

/**
 * A failure's message is a clause and its remedy a full sentence: `errors/explain.ts` alone joins them. Gives what ends
 * otherwise.
 */
function findMisformed(source: string): string[] {
  const found: string[] = [];
  const judge = (text: string | undefined, isSentence: boolean) => {
    if (text !== undefined && /[.!?]$/.test(text) !== isSentence) found.push(text);
  };
  new Visitor({
    Property: ({ key, value }) => {
      if (key.type !== 'Identifier') return;
      if (key.name === 'remedy') judge(endOf(value), true);
      if (key.name === 'message') judge(endOf(value), false);
    },
    NewExpression: ({ callee, arguments: [, message] }) => {
      if (callee.type === 'Identifier' && callee.name.endsWith('Error')) judge(endOf(message), false);
    },
  }).visit(parseSync('module.ts', source, { lang: 'ts' }).program);
  return found;
}

interface Expression {
  type: string;
  value?: unknown;
  quasis?: { value: { raw: string } }[];
}

/** The text with which a literal ends; undefined where it ends in something computed. */
function endOf(expression: object | undefined): string | undefined {
  const { type, value, quasis } = (expression ?? { type: '' }) as Expression;
  if (type === 'Literal' && typeof value === 'string' && value !== '') return value;
  const end = quasis?.at(-1)?.value.raw;
  return end === '' ? undefined : end;
}

test('Messages of failures are clauses, and remedies full sentences', () => {
  const modules = [...readModules('agent')].filter(
    ([path]) => path.includes('/') && !roomsOfSentences.includes(path.split('/')[0] ?? ''),
  );
  const misformed = modules.flatMap(([path, { text }]) => findMisformed(text).map((found) => `${path}: ${found}`));
  expect(misformed).toEqual([]);
});

test.each([
  ["fail({ message: 'Nothing answers.' })", ['Nothing answers.']],
  [`fail({ message: \`\${name} does not answer\` })`, []],
  [`fail({ message: \`It failed: \${text}\` })`, []],
  ["fail({ remedy: 'Look at the log' })", ['Look at the log']],
  ["new AgentError('TokenRefused', 'The token is refused.', { remedy: 'Get a new one.' })", ['The token is refused.']],
])('The judge of messages reads %s', (source, found) => {
  expect(findMisformed(source)).toEqual(found);
});
