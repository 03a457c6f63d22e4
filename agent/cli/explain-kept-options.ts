import type { Command, Option } from 'commander';
import { shellWord } from './shell-word.ts';

/**
 * npm takes options that stand before `--` for its own: `npm run playground --once` runs the script without `--once`,
 * which would then do something else. All that is left of it is the variable `npm_config_once`. Gives the line that says
 * so, with the command that was meant, or undefined where npm has kept nothing.
 */
export function explainKeptOptions(
  program: Command,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const script = env.npm_lifecycle_event;
  if (script === undefined) return undefined;
  const named = program.commands.find((command) => command.name() === args[0]);
  const options = [program, ...(named === undefined ? program.commands : [named])].flatMap(({ options }) => options);
  const kept = options.flatMap((option) => {
    const value = valueKept(option, env);
    return value === undefined ? [] : [{ option, value }];
  });
  const [command, operands] = splitOperands(program, args);
  const waitingKept = kept.filter(({ option, value }) => isWaiting(option, value));
  const traceless = operands.length > waitingKept.length ? options.filter(readsAsShortOptions) : [];
  const flags = [...kept, ...traceless.map((option) => ({ option, value: npmTrue }))];
  if (flags.length === 0) return undefined;

  // Each lost its value to the operands, in an order that nobody knows.
  const waiting = flags.filter(({ option, value }) => isWaiting(option, value));
  const meant = flags.map(({ option, value }) => {
    if (!takesValue(option)) return nameOf(option);
    const text = isWaiting(option, value) ? (waiting.length === 1 ? operands[0] : undefined) : value;
    return `${nameOf(option)} ${text === undefined ? placeholderOf(option) : shellWord(text)}`;
  });
  const run = ['start', 'test'].includes(script) ? `npm ${script}` : `npm run ${script}`;
  const names = flags.map(({ option }) => nameOf(option)).join(', ');
  return `npm keeps ${names} for itself; options stand behind "--": ${[run, '--', ...command, ...meant].join(' ')}`;
}

/** What npm makes of an option without `=`, whatever comes next. */
const npmTrue = 'true';

function valueKept({ long, short }: Option, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const values = [long, short].map((flag) => {
    const name = flag?.replace(/^--?/, '').replaceAll('-', '_');
    return name === undefined ? undefined : env[`npm_config_${name}`];
  });
  // `--no-once` leaves an empty one.
  return values.find((value) => value !== undefined && value !== '');
}

/**
 * npm reads a long option of nothing but its own short ones as these: `--apps` as `-a -p -p -s`. They leave variables of
 * other names, and the value among the operands.
 */
function readsAsShortOptions({ long }: Option): boolean {
  return /^--[acdfghlmnpqsvwyBCDEILNOPS]{2,}$/.test(long ?? '');
}

/** The name of a subcommand, and what no option has claimed. Where there are options, what belongs to them is not known. */
function splitOperands(program: Command, args: readonly string[]): [command: string[], operands: string[]] {
  const [first, ...others] = args;
  const isCommand = program.commands.some((command) => command.name() === first);
  const [command, rest] = first !== undefined && isCommand ? [[first], others] : [[], [...args]];
  return rest.some((arg) => arg.startsWith('-')) ? [[...command, ...rest], []] : [command, rest];
}

function isWaiting(option: Option, value: string): boolean {
  return takesValue(option) && value === npmTrue;
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function nameOf({ long, short }: Option): string {
  return long ?? short ?? '';
}

function placeholderOf({ flags }: Option): string {
  return /<\w+>/.exec(flags)?.[0] ?? '<value>';
}
