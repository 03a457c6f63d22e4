import path from 'node:path';
import { buildGoTool } from '../cluster/build-go-tool.ts';
import type { BinariesEnvironment } from '../cluster/cluster-binaries.ts';

/** Path of krew, which installs plugins of kubectl (https://krew.sigs.k8s.io). Its build takes half a minute. */
export function buildKrew(env: BinariesEnvironment): Promise<string> {
  return buildGoTool(path.join(import.meta.dirname, 'go'), 'sigs.k8s.io/krew/cmd/krew', env);
}
