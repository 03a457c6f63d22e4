import type { TestProject } from 'vitest/node';
import { inspectMachine } from '../../servers/node/missing-parts.ts';
import { findNodePrograms } from '../../servers/node/node-programs.ts';
import { type NodeHandle, startNode } from '../../servers/node/start-node.ts';
import { imageVariable } from './run-variables.ts';

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
  if (programs === undefined || cniPlugins === undefined || archive === undefined) {
    throw new Error('The tests on a real node are started by "npm run test:node".');
  }
  // As in manifests/deployment.yaml, and as the module's manager writes it.
  const name = 'docker.io/library/ucl-agent:0.1.0';
  const alsoNamed = ['registry.example.com/compass-runtime-agent:1.0.0'];
  const node = await startNode({ programs, cniPlugins, images: [{ archive, name, alsoNamed }] });
  const { stop, ...handle } = node;
  project.provide('node', handle);
  return stop;
}
