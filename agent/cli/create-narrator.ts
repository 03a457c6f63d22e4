import { printable } from './render-table.ts';

export interface Narrator {
  /** One line of the agent's log. */
  tell(line: Readonly<Record<string, unknown>>): void;
  /** From now on only what goes wrong. */
  quieten(): void;
}

export interface NarratorOptions {
  /** Messages that are told elsewhere. */
  readonly untold?: ReadonlySet<string>;
}

export interface Told {
  readonly text: string;
  readonly isProblem: boolean;
  /** When, RFC 3339; empty where the line does not say it. */
  readonly time: string;
}

const maxApplied = 12;

/** Tells a person what the agent logs, without flooding the screen. */
export function createNarrator(step: (told: Told) => void, { untold = new Set() }: NarratorOptions = {}): Narrator {
  let applied = 0;
  let isQuiet = false;
  let previous = '';
  return {
    tell(line) {
      const read = (key: string) => textAt(line, key);
      const message = read('message');
      const isProblem = ['warn', 'error'].includes(read('level'));
      const say = (text: string) => {
        if (text !== previous) step({ text: printable(text), isProblem, time: read('time') });
        previous = text;
      };
      if (isProblem) {
        say([message, read('name'), read('reason')].filter((part) => part !== '').join('; '));
      } else if (!isQuiet && message === 'Applied') {
        applied += 1;
        if (applied <= maxApplied) say(`${read('kind')} ${read('applicationName')}`);
        else if (applied === maxApplied + 1) say('... and so on');
      } else {
        applied = 0;
        if (!isQuiet && !untold.has(message)) say(message);
      }
    },
    quieten() {
      isQuiet = true;
    },
  };
}

function textAt(line: Readonly<Record<string, unknown>>, key: string): string {
  const value = line[key];
  return typeof value === 'string' ? value : '';
}
