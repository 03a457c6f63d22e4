import { type JsonObject, stringAt } from '../../servers/kube-api/kube-object.ts';
import { printable } from './render-text.ts';

export interface Narrator {
  /** One line of the agent's log. */
  tell(line: JsonObject): void;
  /** From now on only what goes wrong. */
  quieten(): void;
}

const maxApplied = 12;
/** What the playground tells itself, with times. */
const untold = new Set(['Starting ucl-agent', 'Paired with UCL', 'Synchronised', 'Stopping', 'Stopped']);

/** Tells a person what the agent logs, without flooding the screen. */
export function createNarrator(step: (text: string) => void): Narrator {
  let applied = 0;
  let isQuiet = false;
  let previous = '';
  const say = (text: string) => {
    if (text !== previous) step(`agent: ${printable(text)}`);
    previous = text;
  };
  return {
    tell(line) {
      const message = stringAt(line, 'message');
      const isProblem = ['warn', 'error'].includes(stringAt(line, 'level'));
      if (isProblem) {
        const [name, reason] = [stringAt(line, 'name'), stringAt(line, 'reason')];
        say([message, name, reason].filter((part) => part !== '').join('; '));
      } else if (!isQuiet && message === 'Applied') {
        applied += 1;
        if (applied <= maxApplied) say(`${stringAt(line, 'kind')} ${stringAt(line, 'applicationName')}`);
        else if (applied === maxApplied + 1) say('... and so on');
      } else if (!isQuiet && !untold.has(message)) {
        say(message);
      }
    },
    quieten() {
      isQuiet = true;
    },
  };
}
