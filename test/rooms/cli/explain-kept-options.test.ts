import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { explainKeptOptions } from '../../../agent/cli/explain-kept-options.ts';

function aProgram(): Command {
  const program = new Command('tool').option('-v, --verbose').option('-k').option('--limit [count]');
  program.command('draw').option('-o, --once').option('--page-size <count>').option('--title <text>');
  program.command('load').option('--apps <list>').option('--once-more');
  return program;
}

/** What is told of a command line of which npm has left these words, and these of its variables. */
function explain(
  args: string[],
  kept: Record<string, string>,
  script: string | undefined = 'tool',
): string | undefined {
  const variables = Object.entries(kept).map(([name, value]) => [`npm_config_${name}`, value]);
  return explainKeptOptions(aProgram(), args, { npm_lifecycle_event: script, ...Object.fromEntries(variables) });
}

const told = (names: string, command: string) => `npm keeps ${names} for itself; options stand behind "--": ${command}`;

describe('what npm has kept of a command line', () => {
  test('is nothing where npm has not started the program, or has left all words', () => {
    expect(explainKeptOptions(aProgram(), ['draw'], { npm_config_once: 'true' })).toBeUndefined();
    expect(explain(['draw'], {})).toBeUndefined();
    expect(explain(['draw', 'a picture'], {})).toBeUndefined();
    expect(explain(['load'], {})).toBeUndefined();
  });

  test('is not an option that somebody switched off', () => {
    expect(explain(['draw'], { once: '' })).toBeUndefined();
  });

  test.each<[string, Record<string, string>, string[], string, string]>([
    ['a long option', { once: 'true' }, ['draw'], '--once', 'draw --once'],
    ['a short name of it', { o: 'true' }, ['draw'], '--once', 'draw --once'],
    ['an option without a long name', { k: 'true' }, ['draw'], '-k', 'draw -k'],
    ['an option of the program', { verbose: 'true' }, ['draw'], '--verbose', 'draw --verbose'],
    ['a name of two words, with its value', { page_size: '7' }, ['draw'], '--page-size', 'draw --page-size 7'],
    ['a value that a shell would split', { title: 'my own' }, ['draw'], '--title', "draw --title 'my own'"],
    ['a value that became an operand', { title: 'true' }, ['draw', 'my own'], '--title', "draw --title 'my own'"],
    ['a value that is lost', { title: 'true' }, ['draw'], '--title', 'draw --title <text>'],
    ['a value that may be left out', { limit: 'true' }, ['draw'], '--limit', 'draw --limit <value>'],
    [
      'an operand beside an option without a value',
      { once: 'true', title: 'true' },
      ['draw', 'a'],
      '--once, --title',
      'draw --once --title a',
    ],
    ['one operand besides', { once: 'true' }, ['draw', 'a'], '--once', 'draw --once'],
  ])('is told with the command that was meant: %s', (_, kept, args, names, command) => {
    expect(explain(args, kept)).toBe(told(names, `npm run tool -- ${command}`));
  });

  test('is looked up among the options of the command that was given, or of all where none was', () => {
    expect(explain(['draw'], { once_more: 'true' })).toBeUndefined();
    expect(explain(['load'], { once: 'true' })).toBeUndefined();
    expect(explain([], { once: 'true', once_more: 'true' })).toBe(
      told('--once, --once-more', 'npm run tool -- --once --once-more'),
    );
  });

  test('is an option that npm reads as several of its own where only the value is left', () => {
    expect(explain(['load', '10,20'], {})).toBe(told('--apps', 'npm run tool -- load --apps 10,20'));
    expect(explain(['load', '10,20'], { verbose: 'true' })).toBe(
      told('--verbose, --apps', 'npm run tool -- load --verbose --apps 10,20'),
    );
  });

  test('has no values where it is not known which operand belonged to which option', () => {
    expect(explain(['draw', 'one', '7'], { title: 'true', page_size: 'true' })).toBe(
      told('--page-size, --title', 'npm run tool -- draw --page-size <count> --title <text>'),
    );
    expect(explain(['load', '10', '20'], { limit: 'true' })).toBe(
      told('--limit, --apps', 'npm run tool -- load --limit <value> --apps <list>'),
    );
    expect(explain(['load', '10'], { limit: 'true' })).toBe(told('--limit', 'npm run tool -- load --limit 10'));
  });

  test('stands behind the words that were left where options are among these', () => {
    expect(explain(['load', '10', '-v'], { limit: 'true' })).toBe(
      told('--limit', 'npm run tool -- load 10 -v --limit <value>'),
    );
    expect(explain(['-v', 'load'], { once: 'true' })).toBe(told('--once', 'npm run tool -- -v load --once'));
  });

  test('is told with the short words of npm for a script that has them', () => {
    expect(explain(['draw'], { once: 'true' }, 'start')).toBe(told('--once', 'npm start -- draw --once'));
    expect(explain(['draw'], { once: 'true' }, 'test')).toBe(told('--once', 'npm test -- draw --once'));
  });
});
