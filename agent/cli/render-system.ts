import { annotations } from '../domain/annotations.ts';
import type { ApplicationResource, FieldManagement } from '../domain/resources.ts';
import { isOptedOut, isOurs, systemIdOf } from '../sync/ownership.ts';
import type { Paint, Tone } from './cli-edge.ts';
import type { SystemFacts } from './find-systems.ts';
import { relativeTime } from './relative-time.ts';
import { renderSection, renderTable } from './render-table.ts';

/** A Secret that an Application names; `unknown`: may not be read. */
export interface SecretLine {
  readonly name: string;
  readonly state: 'there' | 'missing' | 'unknown';
}

export interface SystemSecrets {
  readonly namespace: string;
  readonly secrets: readonly SecretLine[];
}

/** The story of one system, for a person: what is wrong first. */
export function renderSystem(
  system: SystemFacts,
  { namespace, secrets }: SystemSecrets,
  now: Date,
  paint: Paint,
): string {
  const { application, failure } = system;
  const head: (readonly [string, string, tone?: Tone | undefined])[] = [
    ['System', failure?.name || application?.spec.displayName || application?.metadata.name || ''],
    ['UCL id', failure?.applicationId || (application && systemIdOf(application)) || 'none'],
    ['Application', application === undefined ? 'none in this cluster' : toAge(application, now)],
    ...describeState(system, now).map(({ text, tone }, index) => [index === 0 ? 'State' : '', text, tone] as const),
    ...(application === undefined ? [] : [...listFinalizers(application), ...describeChange(application, now)]),
  ];
  return [
    ...renderTable(
      head.map(([name, text, tone]) => [name, { text, tone }]),
      paint,
    ),
    ...renderSection('Services', renderTable(listServices(application), paint), paint),
    ...renderSection(`Secrets in ${namespace}`, renderTable(secrets.map(toSecretCells), paint), paint),
    '',
  ].join('\n');
}

function toAge({ metadata: { name, creationTimestamp } }: ApplicationResource, now: Date): string {
  return creationTimestamp === undefined ? name : `${name}, created ${relativeTime(creationTimestamp, now)}`;
}

interface StateLine {
  readonly text: string;
  readonly tone: Tone;
}

function describeState({ application, failure, hold }: SystemFacts, now: Date): StateLine[] {
  const lines: StateLine[] = [];
  if (failure !== undefined) {
    lines.push({ text: `failed: ${failure.reason}`, tone: 'bad' }, { text: failure.message, tone: 'bad' });
  }
  if (hold !== undefined) {
    const end =
      hold.until === undefined
        ? 'until a person approves it'
        : `it is removed ${relativeTime(hold.until, now)} at the earliest`;
    lines.push({ text: `UCL no longer assigns it; its removal is held (${hold.id}), ${end}`, tone: 'warning' });
  }
  if (application !== undefined) lines.push(...describeApplication(application, now));
  return lines.length > 0 ? lines : [{ text: 'in the cluster, and no failure is known', tone: 'good' }];
}

function describeApplication(application: ApplicationResource, now: Date): StateLine[] {
  const { deletionTimestamp, finalizers = [] } = application.metadata;
  const lines: StateLine[] = [];
  if (!isOurs(application)) {
    lines.push({ text: 'not from UCL: the agent never changes or removes it', tone: 'warning' });
  } else if (isOptedOut(application)) {
    lines.push({ text: `left alone: its annotation ${annotations.reconcile} is "disabled"`, tone: 'warning' });
  }
  if (deletionTimestamp !== undefined) {
    const kept = finalizers.length === 0 ? '' : `; kept by ${finalizers.join(', ')}`;
    lines.push({ text: `being deleted, since ${relativeTime(deletionTimestamp, now)}${kept}`, tone: 'warning' });
  }
  if (application.unreadable !== undefined) {
    lines.push({ text: `does not match its CRD at ${application.unreadable.join(', ')}`, tone: 'bad' });
  }
  return lines;
}

function listFinalizers({ metadata: { finalizers = [] } }: ApplicationResource): [string, string][] {
  return finalizers.length === 0 ? [] : [['Finalizers', finalizers.join(', ')]];
}

/** As far as the API server noted it; labels of others count as well. */
function describeChange({ metadata: { managedFields = [] } }: ApplicationResource, now: Date): [string, string][] {
  const last = [...managedFields]
    .filter(({ time }) => time !== undefined)
    .sort((one, other) => ((one.time ?? '') < (other.time ?? '') ? 1 : -1))[0];
  return last === undefined ? [] : [['Last change', toChange(last, now)]];
}

function toChange({ time = '', manager = 'an unnamed client' }: FieldManagement, now: Date): string {
  return `${time} (${relativeTime(time, now)}), by ${manager}`;
}

function listServices(application: ApplicationResource | undefined): string[][] {
  return (application?.spec.services ?? []).map(({ displayName, id, entries }) => {
    const count = (type: string) => entries.filter((entry) => entry.type === type).length;
    return [displayName, id, `APIs ${count('API')}`, `Events ${count('Events')}`];
  });
}

function toSecretCells({ name, state }: SecretLine) {
  const tones = { there: 'good', missing: 'bad', unknown: 'warning' } as const satisfies Record<string, Tone>;
  const words = { there: 'there', missing: 'MISSING', unknown: 'you may not look' } as const;
  return [name, { text: words[state], tone: tones[state] }];
}
