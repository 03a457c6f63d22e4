import type { Command, Option } from 'commander';

/** What may stand in place of the last word, as kubectl asks its plugins for it. */
export interface Completions {
  readonly candidates: readonly Candidate[];
  /** Nothing is known of it but that it is a file. */
  readonly isFile: boolean;
}

export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** What the command line can go on with; `words` stand behind the program's name, the last is being typed. Pure. */
export function listCompletions(program: Command, words: readonly string[]): Completions {
  // `--output=json` is one word or, in a shell that splits there, three.
  const typed = words.flatMap(splitAssignment);
  const before = typed.slice(0, -1).filter((word) => word !== '=');
  const last = typed.at(-1) ?? '';
  const current = last === '=' ? '' : last;
  const { command, waiting } = walk(program, before);
  const starting = (all: readonly Candidate[]) => all.filter(({ word }) => word.startsWith(current));
  if (waiting !== undefined) {
    const values = (waiting.argChoices ?? []).map((word) => ({ word, meaning: '' }));
    return { candidates: starting(values), isFile: /<file>/.test(waiting.flags) };
  }
  if (current.startsWith('-')) {
    const options = command === program ? [...program.options] : [...command.options, ...program.options];
    return { candidates: starting(options.flatMap(toCandidate)), isFile: false };
  }
  return { candidates: starting(listOperands(program, command)), isFile: false };
}

function splitAssignment(word: string): string[] {
  const place = word.indexOf('=');
  return word.startsWith('--') && place > 0 ? [word.slice(0, place), word.slice(place + 1)] : [word];
}

/** The command that the words lead to, and the option that waits for its value. */
function walk(program: Command, words: readonly string[]): { command: Command; waiting: Option | undefined } {
  let command = program;
  let waiting: Option | undefined;
  for (const word of words) {
    if (waiting !== undefined) {
      waiting = undefined;
    } else if (word.startsWith('-')) {
      const options = [...command.options, ...program.options];
      const option = options.find(({ short, long }) => word === short || word === long);
      waiting = option?.required === true ? option : undefined;
    } else if (command === program) {
      command = program.commands.find((each) => each.name() === word) ?? command;
    }
  }
  return { command, waiting };
}

function toCandidate({ long, hidden, description }: Option): Candidate[] {
  return long === undefined || hidden ? [] : [{ word: long, meaning: description }];
}

function listOperands(program: Command, command: Command): Candidate[] {
  if (command === program) {
    return program
      .createHelp()
      .visibleCommands(program)
      .map((each) => ({ word: each.name(), meaning: each.description() }));
  }
  const [argument] = command.registeredArguments;
  return (argument?.argChoices ?? []).map((word) => ({ word, meaning: '' }));
}
