/** What keeps the playground from starting, as one line for a person. Ends the process with code 2. */
export class PlaygroundError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PlaygroundError';
  }
}
