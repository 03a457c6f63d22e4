/** A status is read at a glance and stored in etcd; one message of 600 characters says enough. */
const messageLength = 600;

/** The text, cut where it is too long for a status. */
export function toBoundedText(text: string): string {
  return text.length <= messageLength ? text : `${text.slice(0, messageLength - 3)}...`;
}
