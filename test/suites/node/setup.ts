import type { TestProject } from 'vitest/node';
import { inspectMachine } from '../../servers/node/missing-parts.ts';
import { findNodePrograms } from '../../servers/node/node-programs.ts';
import { type NodeHandle, startNode } from '../../servers/node/start-node.ts';
import { imageNameVariable, imageVariable } from './run-variables.ts';

declare module 'vitest' {
  interface ProvidedContext {
    node: NodeHandle;
  }
}

/** Starts the node of this run and lets every test file know how to reach it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const programs = await findNodePrograms(process.env);
  const { cniPlugins } = await inspectMachine();
  const archive = process.env[imageVariable];
  const name = process.env[imageNameVariable];
  if (programs === undefined || cniPlugins === undefined || archive === undefined || name === undefined) {
    throw new Error('The tests on a real node are started by "npm run test:node".');
  }
  // As the module's manager writes it.
  const alsoNamed = ['registry.example.com/compass-runtime-agent:1.0.0'];
  const node = await startNode({ programs, cniPlugins, images: [{ archive, name, alsoNamed }] });
  const { stop, ...handle } = node;
  project.provide('node', handle);
  return stop;
}
