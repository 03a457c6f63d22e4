import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAgentError } from '../../agent/errors/agent-error.ts';
import { explain } from '../../agent/errors/explain.ts';
import { clusterTargets } from './cluster-targets.ts';
import { growsBeyondLinear } from './grows-beyond-linear.ts';
import { ownTargets } from './own-targets.ts';
import { anyText, secret } from './target.ts';
import { uclTargets } from './ucl-targets.ts';

/** Searches for new inputs, many of them; `npm test` repeats the same few. */
const isSearch = process.env.FUZZ_CASES !== undefined;
/** How many inputs each of them is given; `npm run test:fuzz` gives 100,000. */
const cases = Number(process.env.FUZZ_CASES ?? 100);
const seed = process.env.FUZZ_SEED ?? (isSearch ? undefined : '1');
const parameters = { numRuns: cases, ...(seed !== undefined && { seed: Number(seed) }) };

const targets = [...uclTargets, ...clusterTargets, ...ownTargets];
/** Also in the encodings by which it may be written. */
const forms = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];

/** All that may be shown of what became of an input. Throws what is neither a value nor a failure that the agent tells. */
async function show(read: () => unknown): Promise<string> {
  try {
    return JSON.stringify(await read()) ?? '';
  } catch (error: unknown) {
    if (!isAgentError(error)) throw error;
    return JSON.stringify([explain(error), error.details]);
  }
}

describe.each(targets)('$name', ({ inputs, fromText }) => {
  test('takes any input without a crash, and shows no secret of it', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (read) => {
        const shown = await show(read);
        for (const form of forms) expect(shown).not.toContain(form);
      }),
      parameters,
    );
  });

  // Times of any text, compared with each other, are wrong now and then on a busy machine: a search alone may be.
  test.runIf(isSearch)('takes linear time for any text', () => {
    fc.assert(
      fc.property(
        anyText.filter((text) => text !== '').map((text) => text.slice(0, 40)),
        (piece) => {
          const act = (size: number) => {
            const read = fromText(piece.repeat(Math.ceil(size / piece.length)));
            try {
              void Promise.resolve(read()).catch(() => undefined);
            } catch (error: unknown) {
              if (!isAgentError(error)) throw error;
            }
          };
          expect(growsBeyondLinear(act)).toBe(false);
        },
      ),
      { ...parameters, numRuns: Math.ceil(cases / 20) },
    );
  });
});
