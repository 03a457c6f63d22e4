/** Codes of the system for a connection that failed, in words. */
const meanings: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'the name server did not answer',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the other side closed the connection',
  EPIPE: 'the other side closed the connection',
  EHOSTUNREACH: 'there is no route to that host',
  ENETUNREACH: 'there is no route to that network',
  ETIMEDOUT: 'no connection was made in time',
};

/** The code with what it means, as the end of a sentence: `: there is no such host name (ENOTFOUND)`. Pure. */
export function describeErrno(errno: string): string {
  if (errno === '') return '';
  const meaning = meanings[errno];
  return meaning === undefined ? ` (${errno})` : `: ${meaning} (${errno})`;
}
