import type { Answer } from './classify-answer.ts';
import type { ExchangeAnswer } from './exchange.ts';
import { KubeError } from './kube-error.ts';
import type { Attempt } from './kube-failure.ts';

/** Reads an answer to its end. */
export async function readAnswer({ status, headers, body }: ExchangeAnswer): Promise<Answer> {
  let text = '';
  for await (const chunk of body) text += chunk;
  return { status, text, retryAfterMs: parseRetryAfterMs(headers['retry-after']) };
}

/** How long the server asks to be left alone, in milliseconds; a date is not understood. */
function parseRetryAfterMs(value: ExchangeAnswer['headers'][string]): number | undefined {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** Throws KubeError `unreadable` where the text is no JSON. */
export function parseAnswerJson(attempt: Attempt, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new KubeError({ kind: 'unreadable', attempt });
  }
}
