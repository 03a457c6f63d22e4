import { toShownText } from '../domain/to-shown-text.ts';

const MAX_CHARACTERS = 200;

/**
 * What may be shown of a message that Compass sent: printable, short, without anything that looks like key material.
 * Of an internal error (code 10) only the error id stays, since its reason can quote any part of the backend's data.
 */
export function toSafeMessage(message: string, code: number | undefined): string {
  // Cut first, so that a huge message costs nothing.
  const head = message.slice(0, 4_000);
  const safe = (code === 10 ? internalError(head) : head)
    .replace(/-----BEGIN[\s\S]*/g, '[cut]')
    .replace(/[A-Za-z0-9+/_-]{40,}={0,2}/g, '[cut]');
  return toShownText(safe.trim(), MAX_CHARACTERS);
}

function internalError(message: string): string {
  const id = /errorID=([0-9a-fA-F-]{36})/.exec(message)?.[1];
  return id === undefined ? 'Internal Server Error' : `Internal Server Error [errorID=${id}]`;
}
