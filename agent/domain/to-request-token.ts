import { hash } from 'node:crypto';

/** An annotation may take 256 KiB, and its echo has to fit into the status. */
const maxLength = 256;

/** The token of a request as it is compared and echoed: as it stands, or where that is too long shortened, with a hash. */
export function toRequestToken(text: string): string {
  const digest = text.length <= maxLength ? undefined : hash('sha256', text, 'hex');
  return digest === undefined ? text : `${text.slice(0, maxLength - digest.length - 1)}-${digest}`;
}
