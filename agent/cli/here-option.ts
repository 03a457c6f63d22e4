import { Option } from 'commander';

/** For a process that has what the agent's pod has. */
export function hereOption(): Option {
  return new Option(
    '--here',
    "ask from this process, with the agent's settings in its environment, instead of the agent's pod",
  );
}
