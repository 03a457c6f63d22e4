import { toShownText } from '../domain/to-shown-text.ts';

/** A status is read at a glance and stored in etcd; one message of 600 characters says enough. */
const messageLength = 600;

/** The text as a status may hold it: cut where it is too long, and cleaned. */
export function toBoundedText(text: string): string {
  return toShownText(text, messageLength);
}
