import { validateHeaderName, validateHeaderValue } from 'node:http';

/**
 * Takes the place of the global `Headers` in the bundle: the global one loads all that belongs to Node's `fetch`, which
 * the agent does not use. It has what the agent and graphql-request need of it. Throws TypeError for what no header may
 * hold.
 */
export class Headers implements Iterable<[string, string]> {
  readonly #values = new Map<string, string>();

  constructor(from: Iterable<readonly [string, string]> | Readonly<Record<string, string>> = {}) {
    for (const [name, value] of Symbol.iterator in from ? from : Object.entries(from)) this.set(name, value);
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  set(name: string, value: string): void {
    const trimmed = value.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
    validateHeaderName(name);
    validateHeaderValue(name, trimmed);
    this.#values.set(name.toLowerCase(), trimmed);
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#values.entries();
  }
}
