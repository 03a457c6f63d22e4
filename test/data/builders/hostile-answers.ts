import { randomUUID } from 'node:crypto';

/** Answers of a Director that means harm, as JSON. */

const viewer = '"viewer":{"id":"r","type":"RUNTIME"}';
const end = '"pageInfo":{"endCursor":"","hasNextPage":false}';

/** A page of the landscape with that text in the place of its systems, and of the runtime's labels. */
export function toLandscapeText(systems: string, labels = '{}', totalCount = 1, pageInfo = end): string {
  return `{"data":{${viewer},"runtime":{"labels":${labels}},"applicationsForRuntime":{"data":[${systems}],${pageInfo},"totalCount":${totalCount}}}}`;
}

/** As many of them, with commas between, as go into that many bytes. */
export function fill(bytes: number, piece: string | ((index: number) => string)): string {
  if (typeof piece === 'string') return `${`${piece},`.repeat(bytes / (piece.length + 1))}${piece}`;
  const pieces: string[] = [];
  for (let length = 0; length < bytes; length += (pieces.at(-1)?.length ?? 0) + 1) {
    pieces.push(piece(pieces.length));
  }
  return pieces.join(',');
}

/** A page with nothing but such systems, as many as go into that many bytes, which says how many they are. */
function toPageOf(bytes: number, system: string): string {
  const systems = fill(bytes, system);
  return toLandscapeText(systems, '{}', (systems.length + 1) / (system.length + 1));
}

function listOf(items: string): string {
  return `{"data":[${items}],${end},"totalCount":1}`;
}

function systemWith(auths: string, bundles: string): string {
  return `{"id":"a","name":"b","description":null,"auths":[${auths}],"bundles":${listOf(bundles)}}`;
}

function bundleWith(auth: string): string {
  return `{"id":"b","name":"b","description":null,"defaultInstanceAuth":${auth},"apiDefinitions":${listOf('')},"eventDefinitions":${listOf('')}}`;
}

function authWith(headers: string): string {
  return `{"credential":null,"additionalHeaders":{${headers}},"additionalQueryParams":null,"requestAuth":null}`;
}

/** A small whole system, of about 200 bytes. */
export function aSystemText(id: string = randomUUID()): string {
  return `{"id":"${id}","name":"system-${id}","description":null,"auths":[],"bundles":{"data":[],${end},"totalCount":0}}`;
}

/** By name, each of about that many bytes: all are JSON, and take many times as much memory once they are read. */
export const hostileAnswers: Readonly<Record<string, (bytes: number) => string>> = {
  'empty objects for systems': (bytes) => toPageOf(bytes, '{}'),
  'empty arrays for systems': (bytes) => toPageOf(bytes, '[]'),
  'numbers for systems': (bytes) => toPageOf(bytes, '0'),
  'systems with nothing but a name': (bytes) => toPageOf(bytes, '{"id":"a","name":"b"}'),
  'labels of the runtime': (bytes) => toLandscapeText('', `{${fill(bytes, (index) => `"x${index}":1`)}}`),
  'lists in a label': (bytes) => toLandscapeText('', `{"a":[${fill(bytes, '[]')}]}`),
  'objects in a label': (bytes) => toLandscapeText('', `{"a":[${fill(bytes, (index) => `{"x${index}":0}`)}]}`),
  'lists within lists': (bytes) => toLandscapeText('', `{"a":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`),
  'wide characters': (bytes) => toLandscapeText('', `{"a":"\u6570${'x'.repeat(bytes)}"}`),
  'half characters': (bytes) => toLandscapeText('', `{"a":"${'\\ud800'.repeat(bytes / 6)}"}`),
  'system auths': (bytes) => toLandscapeText(systemWith(fill(bytes, '{"id":"x"}'), '')),
  'system auths without an id': (bytes) => toLandscapeText(systemWith(fill(bytes, '{}'), '')),
  'bundles that are none': (bytes) => toLandscapeText(systemWith('', fill(bytes, '{}'))),
  'credentials that are none': (bytes) =>
    toLandscapeText(systemWith('', fill(bytes, '{"defaultInstanceAuth":{"credential":{}}}'))),
  'headers of a bundle': (bytes) =>
    toLandscapeText(systemWith('', bundleWith(authWith(fill(bytes, (index) => `"x${index}":[]`))))),
  errors: (bytes) => `{"errors":[${fill(bytes, '{"message":""}')}],"data":{}}`,
  'errors that are none': (bytes) => `{"errors":[${fill(bytes, '{}')}],"data":{}}`,
  'an error with a long path': (bytes) => `{"errors":[{"message":"","path":[${fill(bytes, '{}')}]}],"data":{}}`,
};
