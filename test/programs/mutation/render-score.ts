import type { Mutant } from './list-mutants.ts';
import { type TriedMutants, toRoom } from './try-mutants.ts';

/** Below it the tests have to be better. */
export const leastScore = 90;

/** What the tests noticed, by room, and what they did not, change by change. */
export function renderScore({ judged, failedTests }: TriedMutants): string {
  const rooms = [...Map.groupBy(judged, ([{ file }]) => toRoom(file))].sort(([a], [b]) => (a < b ? -1 : 1));
  const unnoticed = [...judged].filter(([, why]) => why === undefined).map(([mutant]) => mutant);
  return [
    '| Room | Files | Noticed | Unnoticed | Score |',
    '|---|---|---|---|---|',
    ...rooms.map(([room, mutants]) => renderRow(`\`${room}/\``, mutants)),
    renderRow('together', [...judged]),
    '',
    ...unnoticed.map(renderMutant),
    ...failedTests.map((test) => `Fails without a change, so that what it notices is worth nothing: ${test}`),
    '',
  ].join('\n');
}

/** In percent; 100 where there was nothing to notice. */
export function toScore(mutants: readonly (readonly [Mutant, string | undefined])[]): number {
  const noticed = mutants.filter(([, why]) => why !== undefined).length;
  return mutants.length === 0 ? 100 : (100 * noticed) / mutants.length;
}

function renderRow(name: string, mutants: readonly (readonly [Mutant, string | undefined])[]): string {
  const files = new Set(mutants.map(([{ file }]) => file)).size;
  const noticed = mutants.filter(([, why]) => why !== undefined).length;
  const score = toScore(mutants).toFixed(1);
  return `| ${name} | ${files} | ${noticed} | ${mutants.length - noticed} | ${score} % |`;
}

function renderMutant({ file, line, before, after }: Mutant): string {
  const cut = (text: string) => text.replace(/\s+/g, ' ').slice(0, 80);
  return `${file}:${line}: ${cut(before)} -> ${cut(after)}`;
}
