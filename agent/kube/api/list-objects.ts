import { isKubeError, KubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';
import { isRecord } from './kube-object.ts';
import { type Selection, toAttempt, toSelectionPath } from './selection.ts';
import { type Connection, sendRequest } from './send-request.ts';

export interface ObjectList {
  readonly items: readonly unknown[];
  /** The version to watch from. */
  readonly resourceVersion: string;
}

interface Page extends ObjectList {
  /** Asks for the next page; empty at the end. */
  readonly token: string;
}

const pageTimeoutMs = 60_000;
const listAttempts = 3;

/** Every page of a list; it begins anew when a page has expired. Everything but an abort throws a KubeError. */
export async function listObjects(
  connection: Connection,
  selection: Selection,
  pageSize: number,
  signal: AbortSignal,
): Promise<ObjectList> {
  const attempt = toAttempt('list', selection);
  for (let tries = 1; ; tries += 1) {
    const items: unknown[] = [];
    let token = '';
    try {
      for (;;) {
        const path = toSelectionPath(selection, {
          // Pages expire on a server under pressure; the last try does without them.
          ...(tries < listAttempts ? { limit: String(pageSize) } : {}),
          ...(token === '' ? {} : { continue: token }),
        });
        const page = await fetchPage(connection, attempt, path, signal);
        for (const item of page.items) items.push(item);
        if (page.token === '') return { items, resourceVersion: page.resourceVersion };
        token = page.token;
      }
    } catch (error: unknown) {
      if (!isKubeError(error, 'expired') || tries === listAttempts) throw error;
    }
  }
}

/** The version that a list has at present, from a page of one object. Everything but an abort throws a KubeError. */
export async function readListVersion(
  connection: Connection,
  selection: Selection,
  signal: AbortSignal,
): Promise<string> {
  const path = toSelectionPath(selection, { limit: '1' });
  return (await fetchPage(connection, toAttempt('list', selection), path, signal)).resourceVersion;
}

async function fetchPage(connection: Connection, attempt: Attempt, path: string, signal: AbortSignal): Promise<Page> {
  const request = { attempt, method: 'GET', path, timeoutMs: pageTimeoutMs } as const;
  return parsePage(attempt, await sendRequest(connection, request, signal));
}

function parsePage(attempt: Attempt, answer: unknown): Page {
  if (!isRecord(answer) || !isRecord(answer.metadata)) throw new KubeError({ kind: 'unreadable', attempt });
  const { resourceVersion, continue: token } = answer.metadata;
  const items = answer.items ?? [];
  if (!Array.isArray(items) || typeof resourceVersion !== 'string')
    throw new KubeError({ kind: 'unreadable', attempt });
  return { items, resourceVersion, token: typeof token === 'string' ? token : '' };
}
