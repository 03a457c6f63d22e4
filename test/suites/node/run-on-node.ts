import { MissingBinariesError } from '../../servers/cluster/build-go-programs.ts';
import { buildDeliveryPrograms } from '../../servers/delivery/delivery-programs.ts';
import { type BuiltImage, buildImage, MissingToolsError } from '../../servers/image/build-image.ts';
import { inspectMachine, listMissingParts } from '../../servers/node/missing-parts.ts';
import { buildNodePrograms } from '../../servers/node/node-programs.ts';
import { runInNamespaces } from '../../servers/node/run-in-namespaces.ts';
import { imageNameVariable, imageVariable } from './run-variables.ts';

/**
 * Builds the programs of a node and the agent's image where they are missing, and runs vitest in namespaces of its own.
 * Where a node cannot run, one line says what is missing, and `cannotRun` tells the exit code: 0, but 1 under `CI=true`,
 * where nothing may be left out.
 * @param args of vitest, with its configuration.
 * @param variables for the tests, beside those that tell what was prepared.
 */
export async function runOnNode(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  report: (line: string) => void,
): Promise<{ readonly code: number } | { readonly cannotRun: number }> {
  const prepared = await prepare(report);
  if ('missing' in prepared) {
    report(`The tests on a real node did not run. ${prepared.missing}`);
    return { cannotRun: process.env.CI === 'true' ? 1 : 0 };
  }
  const { archive, name } = prepared;
  const env = { ...process.env, ...variables, [imageVariable]: archive, [imageNameVariable]: name };
  return { code: await runInNamespaces(['vitest', 'run', ...args], env, report) };
}

/** Builds what is not there yet. Gives the agent's image, or one sentence on what this machine lacks. */
async function prepare(report: (line: string) => void): Promise<BuiltImage | { missing: string }> {
  const missing = await listMissingParts(await inspectMachine());
  if (missing.length > 0) return { missing: `A node needs ${missing.join(', ')}.` };
  try {
    await buildNodePrograms(process.env, report);
    await buildDeliveryPrograms(process.env, report);
    return await buildImage(report);
  } catch (error: unknown) {
    if (error instanceof MissingBinariesError || error instanceof MissingToolsError) return { missing: error.message };
    throw error;
  }
}
