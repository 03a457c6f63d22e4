/** Where the clocks, timers and chance of the machine may be used: at the edge, and nowhere else. */
export const timeKeepers: Readonly<Record<string, string>> = {
  'main.ts': 'the process',
  'compose.ts': 'hands chance to the parts',
  'time/system-time.ts': 'the clocks and timers of the machine',
  'compass/open-mtls-exchange.ts': 'the socket to Compass has a deadline of its own',
};

const uses = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bperformance\.(?:now|timeOrigin)\b/,
  /\bset(?:Timeout|Interval)\b/,
  /\bnode:timers/,
  /\bAbortSignal\.timeout\(/,
  /\bMath\.random\b/,
];

/**
 * Every use of the machine's time or chance outside the edge, one sentence each: a room that knows neither runs in
 * virtual time. `sources`: path within `agent/` with `/`, and text.
 */
export function findGlobalTime(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([path, source]) =>
    path in timeKeepers ? [] : findUses(source).map((use) => `${path} uses ${use}`),
  );
}

/** What of the machine's time or chance a source uses; comments do not count. */
export function findUses(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  return uses.flatMap((use) => use.exec(code)?.[0] ?? []);
}
