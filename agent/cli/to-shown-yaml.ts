import { dump } from 'js-yaml';
import { escapeUnseen } from '../domain/to-shown-text.ts';

/** YAML in which every character is shown as it is; whoever reads it gets the same value. */
export function toShownYaml(value: object): string {
  const options = { lineWidth: -1, noRefs: true } as const;
  const plain = dump(value, options);
  // Escapes mean something in double quotes alone.
  return escapeUnseen(plain) === plain
    ? plain
    : escapeUnseen(dump(value, { ...options, forceQuotes: true, quoteStyle: 'double' }));
}
