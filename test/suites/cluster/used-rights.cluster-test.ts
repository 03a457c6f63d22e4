import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../servers/cluster/audit-log.ts';
import { compareRights, readGrantedRights } from '../../servers/cluster/compare-rights.ts';
import { readUsedRights } from '../../servers/cluster/used-rights.ts';
import { readComparedShapes, uncoveredShapes } from '../conformance/request-shapes.ts';

describe('After the whole suite, run as the ServiceAccount of manifests/', () => {
  it('nothing was used that is not granted, and nothing is granted that was never used', async () => {
    const granted = await readGrantedRights(path.join(import.meta.dirname, '../../../manifests/rbac'));
    const used = await readUsedRights(process.env.UCL_USED_RIGHTS ?? '');
    expect(used.length, 'this test ends the whole suite: npm run test:cluster').toBeGreaterThan(0);
    expect(compareRights(granted, used)).toEqual({ usedButNotGranted: [], grantedButNotUsed: [] });
  });

  it('each change was about a version that had been read, and each deletion about one object in one version', async () => {
    // Of what is refused at the door the log has no body.
    const used = (await readUsedRights(process.env.UCL_USED_RIGHTS ?? '')).filter(({ code }) => code < 300);
    const changes = used.filter(({ verb }) => verb === 'update');
    const deletions = used.filter(({ verb }) => verb === 'delete');
    for (const list of [changes, deletions]) expect(list.length).toBeGreaterThan(0);
    const tell = ({ verb, resource, name, condition }: AuditEntry) =>
      `${verb} ${resource} ${name} ${JSON.stringify(condition)}`;
    expect(changes.filter(({ condition }) => condition?.resourceVersion === undefined).map(tell)).toEqual([]);
    const isWhole = ({ condition }: AuditEntry) =>
      condition?.uid !== undefined && condition.resourceVersion !== undefined;
    expect(deletions.filter((entry) => !isWhole(entry)).map(tell)).toEqual([]);
  });

  it('the agent sent no kind of request in which the embedded API was not compared with the real one', async () => {
    const folder = process.env.UCL_USED_RIGHTS ?? '';
    expect(uncoveredShapes(await readUsedRights(folder), await readComparedShapes(folder))).toEqual([]);
  });
});
