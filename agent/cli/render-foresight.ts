import { toCount } from '../domain/to-count.ts';
import type { ForeseenChange, ForeseenObject, Foresight, HeldBy } from '../sync/foresight.ts';
import type { Paint, Tone } from './cli-edge.ts';
import { relativeTime } from './relative-time.ts';
import { printable } from './render-table.ts';

/** Of one object; all of them stand in the JSON. */
const shownFields = 12;

/** What the next synchronization would change, for a person. */
export function renderForesight(foresight: Foresight, now: Date, paint: Paint): string {
  const { changes, held, labels, failures, leftAlone } = foresight;
  const lines = [
    ...summarize(foresight, paint),
    ...changes.flatMap((change) => ['', ...renderChange(change, paint)]),
    ...section('Held', held.length, paint),
    ...held.flatMap((change) => [
      ...renderChange(change, paint),
      `    ${paint('warning', printable(explainHold(change.heldBy, now)))}`,
    ]),
    ...section("The runtime's labels in UCL", labels.length, paint),
    ...labels.map(({ key, value }) => `~ ${printable(key)}: ${printable(value)}`),
    ...section('Cannot be brought into the cluster as they are', failures.length, paint),
    ...failures.flatMap(({ name, applicationId, reason, message }) => [
      `  ${printable(name)} [${printable(applicationId)}]: ${printable(reason)}`,
      `    ${printable(message)}`,
    ]),
    ...section('Left alone because of their annotation', leftAlone.length, paint),
    ...leftAlone.map((name) => `  ${printable(name)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function summarize({ changes, held, labels, desired, suspended }: Foresight, paint: Paint): string[] {
  const inUcl = `UCL assigns ${toCount(desired, 'system')} to this runtime`;
  const what =
    changes.length > 0
      ? `the next synchronization would change ${toCount(changes.length, 'system')}.`
      : held.length + labels.length > 0
        ? 'the next synchronization would change nothing of Applications and Secrets.'
        : 'the cluster is as they want it: the next synchronization would change nothing.';
  const pause = 'The connection is suspended: nothing of this happens until it is resumed (ucl-agent resume).';
  return [`${inUcl}; ${what}`, ...(suspended ? [paint('warning', pause)] : [])];
}

function section(title: string, count: number, paint: Paint): string[] {
  return count === 0 ? [] : ['', paint('heading', `${title} (${count})`)];
}

const marks = { create: '+', rename: '+', update: '~', delete: '-', collect: '-' } as const;
const tones = { '+': 'good', '~': 'warning', '-': 'bad' } as const satisfies Record<string, Tone>;

function renderChange({ kind, application, system, because, objects }: ForeseenChange, paint: Paint): string[] {
  const mark = marks[kind];
  const named = system === application ? '' : ` (${system})`;
  return [
    paint(tones[mark], printable(`${mark} ${application}${named}: ${because.join('; ')}`)),
    ...objects.map((object) => `    ${renderObject(object)}`),
  ];
}

function renderObject({ do: verb, kind, name, fields }: ForeseenObject): string {
  const more = fields.length > shownFields ? [`and ${fields.length - shownFields} more`] : [];
  const places = [...fields.slice(0, shownFields), ...more].join(', ');
  return printable(`${marks[verb]} ${kind} ${name}${places === '' ? '' : `: ${places}`}`);
}

function explainHold(by: HeldBy, now: Date): string {
  switch (by.rule) {
    case 'hold':
      return `held since ${relativeTime(by.since, now)}, as ${by.id}; ${explainEnd(by.until, now, by.id)}`;
    case 'all':
      return `would be held, since it would remove every Application that is left; ${explainEnd(by.until, now)}`;
    case 'most':
      return `would be held, since more than 5 and more than half would be removed within an hour; ${explainEnd(by.until, now)}`;
    case 'upsert-only':
      return 'stays: APP_PRUNE_POLICY is upsert-only';
    case 'incomplete':
      return `stays for now: ${toCount(by.systems, 'system')} could not be read completely, and only a complete read removes anything`;
    case 'still-assigned':
      return 'stays: it was missing in what was read, but UCL still assigns it';
    case 'unsure':
      return `stays for now, because UCL could not be asked again whether it still assigns it: ${by.message}`;
  }
}

function explainEnd(until: string | undefined, now: Date, id?: string): string {
  if (until !== undefined)
    return `to be removed ${relativeTime(until, now)} at the earliest, if UCL still does not assign it then`;
  return `to be removed only when a person approves it${id === undefined ? '' : `: ucl-agent approve ${id}`}`;
}
