import { describe, expect, it } from 'vitest';
import { judgeRequests } from './judge-requests.ts';
import type { SizeFigures } from './measure-size.ts';
import { renderFloor, renderTables } from './render-tables.ts';
import { replaceSection } from './replace-section.ts';
import type { Counts } from './server-messages.ts';
import { median, percentile } from './statistics.ts';

const noRequests: Counts = { compass: {}, kubernetes: {} };

/** Ten unchanged syncs that asked this, and no others unless they are given. */
function figures(systems: number, requests: Counts, ofChanges: Counts = noRequests, changes = 0): SizeFigures {
  return {
    systems,
    bundles: 2,
    syncs: 10,
    start: {
      ...{ startMs: 1234.4, firstSyncMs: 600, readMs: 100, floorMs: 400, ratio: 1.5, writingRatio: 1.25, cpuMs: 900 },
      peakRssMiB: 99.6,
      requests: { compass: { configuration: 1 }, kubernetes: { 'create applications': systems } },
    },
    unchanged: { syncMs: 20, p95Ms: 30, cpuMs: 10, peakRssMiB: 101, earlyMiB: 48.6, anonymousMiB: 50.2, requests },
    changed: {
      changes,
      sinceAsked: { medianMs: 150.5, worstMs: 190 },
      sinceLastPage: { medianMs: 70, worstMs: 1_099.6 },
      requests: ofChanges,
    },
  };
}

describe('the judgement of an unchanged sync', () => {
  it('accepts one landscape request for 200 systems, one status write and two reads for each sync', () => {
    const requests = {
      compass: { applicationsForRuntime: 20 },
      kubernetes: { 'update compassconnections/status': 10, 'get secrets': 20, 'get leases': 5, 'create events': 1 },
    };
    expect(judgeRequests(figures(201, requests))).toEqual([]);
  });

  it('names pages too many, and too few', () => {
    const asked = (pages: number) =>
      judgeRequests(figures(200, { compass: { applicationsForRuntime: pages }, kubernetes: {} }));
    expect(asked(10)).toEqual([]);
    expect(asked(11)).toEqual(['10 unchanged syncs of 200 systems asked 11 landscape pages, not 10']);
    expect(asked(9)).toHaveLength(1);
  });

  it('names a second write of the status, and any other write', () => {
    const judged = (kubernetes: Record<string, number>) =>
      judgeRequests(figures(10, { compass: { applicationsForRuntime: 10 }, kubernetes }));
    expect(judged({ 'update compassconnections/status': 11 })).toEqual([
      '10 unchanged syncs of 10 systems did update compassconnections/status 11 times',
    ]);
    expect(judged({ 'update applications': 1 })).toEqual([
      '10 unchanged syncs of 10 systems did update applications 1 times',
    ]);
    expect(judged({ 'delete secrets': 2 })).toHaveLength(1);
  });

  it('names a third read of the cluster', () => {
    const kubernetes = { 'get secrets': 20, 'list applications': 1 };
    expect(judgeRequests(figures(10, { compass: { applicationsForRuntime: 10 }, kubernetes }))).toEqual([
      '10 unchanged syncs of 10 systems read 21 times',
    ]);
  });

  it('lets each watch that is opened again look once whether the cluster has gone back, and no more', () => {
    const judged = (lists: number) =>
      judgeRequests(
        figures(10, {
          compass: { applicationsForRuntime: 10 },
          kubernetes: { 'get secrets': 20, 'watch secrets': 4, 'watch applications': 1, 'list secrets': lists },
        }),
      );
    expect(judged(5)).toEqual([]);
    expect(judged(6)).toEqual(['10 unchanged syncs of 10 systems read 26 times']);
  });
});

describe('the judgement of syncs in which one system changed', () => {
  const unchanged = { compass: { applicationsForRuntime: 20 }, kubernetes: {} };
  const judged = (pages: number, kubernetes: Record<string, number>) =>
    judgeRequests(figures(201, unchanged, { compass: { applicationsForRuntime: pages }, kubernetes }, 5));
  const expected = { 'update compassconnections/status': 5, 'update applications': 5, 'get secrets': 10 };
  const syncs = '5 syncs of 201 systems, one of which had changed,';

  it('accepts one update for each change, beside what a sync without a change may ask', () => {
    expect(judged(10, { ...expected, 'create events': 5, 'update events': 5, 'update leases': 3 })).toEqual([]);
  });

  it('names an update too many, and a write of any other kind', () => {
    expect(judged(10, { ...expected, 'update applications': 6, 'update secrets': 1 })).toEqual([
      `${syncs} did update applications 6 times`,
      `${syncs} did update secrets 1 times`,
    ]);
    expect(judged(10, { ...expected, 'update compassconnections/status': 6 })).toHaveLength(1);
  });

  it('names a page too many, and a third read of the cluster', () => {
    expect(judged(11, { ...expected, 'get secrets': 11 })).toEqual([
      `${syncs} asked 11 landscape pages, not 10`,
      `${syncs} read 11 times`,
    ]);
  });
});

describe('the tables', () => {
  it('tell each figure by its size, and requests as those of one sync', () => {
    const tables = renderTables(
      [
        figures(1000, {
          compass: { applicationsForRuntime: 50 },
          kubernetes: { 'update compassconnections/status': 10 },
        }),
      ],
      'npm run bench',
    );
    expect(tables).toContain('| 1000 x 2 | 1,234 | 600 | 100 | 400 | 1.50 | 1.25 | 900 | 100 |');
    expect(tables).toContain('| 1000 x 2 | 20 | 30 | 10 | 101 | 49, 50 | 5 | 1 update compassconnections/status |');
    expect(tables).toContain('| 1000 x 2 | start | 1 configuration | 1000 create applications |');
  });

  it('tell how soon a change shows, in the middle and at worst', () => {
    const kubernetes = { 'update applications': 5, 'update compassconnections/status': 5, 'create events': 2 };
    const changed = { compass: { applicationsForRuntime: 25 }, kubernetes };
    const tables = renderTables([figures(1000, noRequests, changed, 5)], 'npm run bench');
    expect(tables).toContain(
      '| 1000 x 2 | 5 | 151 | 190 | 70 | 1,100 | 5 | 1 update applications, 1 update compassconnections/status |',
    );
    expect(tables).toContain('|  | one sync with a change | 5 applicationsForRuntime | 0.4 create events, 1 update ');
  });

  it('tell what one more system takes, from each size to the next, and nothing of that for one size', () => {
    const small = figures(100, noRequests);
    const large = {
      ...figures(1100, noRequests),
      start: { ...small.start, firstSyncMs: 3_100 },
      unchanged: { ...small.unchanged, syncMs: 145, cpuMs: 110, anonymousMiB: 60.2 },
    };
    expect(renderTables([small, large], 'npm run bench')).toContain('| 100 to 1100 | 2.50 | 0.13 | 0.10 | 10.24 |');
    expect(renderTables([small], 'npm run bench')).not.toContain('What one more system takes');
  });

  it('tell of each package how much more it takes than Node alone', () => {
    const floor = renderFloor([
      { what: 'Node alone', anonymousMiB: 8 },
      { what: 'zod', anonymousMiB: 13.96 },
    ]);
    expect(floor).toContain('| Node alone | 8.0 | 0.0 |\n| zod | 14.0 | 6.0 |');
  });

  it('replace their own section of a document alone, again and again', () => {
    const document =
      'a\n<!-- bench:real -->\nold\n<!-- /bench:real -->\nb <!-- bench:embedded --><!-- /bench:embedded -->\n';
    const once = replaceSection(document, 'real', 'new');
    expect(once).toContain('a\n<!-- bench:real -->\n\nnew\n\n<!-- /bench:real -->\nb <!-- bench:embedded --><!--');
    expect(replaceSection(once, 'real', 'new')).toBe(once);
  });

  it('go nowhere when the document has no such section', () => {
    expect(() => replaceSection('nothing', 'real', 'new')).toThrow('<!-- bench:real -->');
  });
});

describe('the statistics', () => {
  it('take the middle, or the mean of two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 9, 3])).toBe(6);
    expect(median([])).toBeNaN();
  });

  it('take the value that a share of all does not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.95)).toBe(95);
    expect(percentile([7], 0.95)).toBe(7);
  });
});
