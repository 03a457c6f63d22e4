import path from 'node:path';
import { buildGoTool } from '../cluster/build-go-tool.ts';
import type { BinariesEnvironment } from '../cluster/cluster-binaries.ts';

/** Path of actionlint, which checks workflows of GitHub (https://github.com/rhysd/actionlint). Its build takes half a minute. */
export function buildActionlint(env: BinariesEnvironment): Promise<string> {
  return buildGoTool(path.join(import.meta.dirname, 'go'), 'github.com/rhysd/actionlint/cmd/actionlint', env);
}
