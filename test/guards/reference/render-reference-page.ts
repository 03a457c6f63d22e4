import { annotations } from '../../../agent/domain/annotations.ts';
import { requestKinds } from '../../../agent/domain/request-kinds.ts';
import type { ColumnDefinition, FieldSchema } from './read-crd.ts';
import { type Definition, listFields } from './read-crd.ts';

/** docs/reference.md follows the CRDs; `npm run unit -- test/guards/reference -u` writes it anew. */

type AnnotationKey = keyof typeof annotations | 'syncRequested' | 'renewRequested' | 'syncHandled' | 'renewHandled';

const names: Readonly<Record<AnnotationKey, string>> = {
  ...annotations,
  syncRequested: requestKinds.sync.annotation,
  renewRequested: requestKinds.renew.annotation,
  syncHandled: requestKinds.sync.echoAnnotation,
  renewHandled: requestKinds.renew.echoAnnotation,
};

interface AnnotationText {
  readonly on: 'CompassConnection' | 'Application';
  readonly by: 'you' | 'the agent';
  readonly meaning: string;
}

const texts: Readonly<Record<AnnotationKey, AnnotationText>> = {
  syncRequested: {
    on: 'CompassConnection',
    by: 'you',
    meaning: 'A value that was not there before asks for one sync ([how](operating.md#synchronise-now)).',
  },
  renewRequested: {
    on: 'CompassConnection',
    by: 'you',
    meaning:
      'A value that was not there before asks for a new client certificate ([how](operating.md#renew-the-certificate)).',
  },
  suspend: {
    on: 'CompassConnection',
    by: 'you',
    meaning:
      '`true` suspends the agent, as `spec.suspend` does, which the CRD of the module lacks ([how](operating.md#suspend-and-resume)).',
  },
  pruneApproved: {
    on: 'CompassConnection',
    by: 'you',
    meaning:
      'The hash of a held removal, or several separated by commas: the Applications in it are removed at once ([how](operating.md#held-removals)).',
  },
  pruneMemory: {
    on: 'CompassConnection',
    by: 'the agent',
    meaning: 'Which removals are held, and how many Applications were removed within the last hour. Do not edit it.',
  },
  readMemory: {
    on: 'CompassConnection',
    by: 'the agent',
    meaning: 'How many systems it may ask UCL for in one request. Do not edit it.',
  },
  syncHandled: {
    on: 'CompassConnection',
    by: 'the agent',
    meaning: 'With the CRD of the module only: what `status.lastHandledSyncRequest` says otherwise.',
  },
  renewHandled: {
    on: 'CompassConnection',
    by: 'the agent',
    meaning: 'With the CRD of the module only: what `status.lastHandledRenewRequest` says otherwise.',
  },
  reconcile: {
    on: 'Application',
    by: 'you',
    meaning:
      '`disabled`: the agent neither changes nor removes this Application and its Secrets ([how](operating.md#leave-one-application-alone)).',
  },
  systemName: { on: 'Application', by: 'the agent', meaning: "The system's name in UCL." },
  systemId: { on: 'Application', by: 'the agent', meaning: "The system's id in UCL." },
  lastChangedAt: { on: 'Application', by: 'the agent', meaning: 'When the agent last wrote this Application.' },
  lastChange: { on: 'Application', by: 'the agent', meaning: 'What the agent changed then.' },
};

export interface Definitions {
  readonly connection: Definition;
  readonly application: Definition;
  /** The CompassConnection as the Application Connector module defines it. */
  readonly shipped: Definition;
}

export function renderReferencePage({ connection, application, shipped }: Definitions): string {
  const inModule = new Set(listFields(shipped.schema).map(([path]) => path));
  const parts = (['spec', 'status'] as const).map((part) => {
    const schema = connection.schema.properties?.[part] ?? {};
    return `## ${part}

${schema.description ?? ''} A field marked with \\* is always there, if the object that it belongs to is there.

${renderFields(schema, part, inModule)}`;
  });
  return `# Reference

This page is for those who write scripts, rules or dashboards against the agent's objects: every field, column and annotation of
the CompassConnection, and the columns and annotations that the agent adds to Applications.

There is one CompassConnection in a cluster. It is cluster-scoped, is named \`compass-connection\`, and the agent creates it. What its
parts are for is explained in [concepts.md](concepts.md), each reason in [reasons.md](reasons.md), and each condition and state in
[operating.md](operating.md#what-you-see). An Application has no fields of ours: [contracts/kubernetes.md](contracts/kubernetes.md)
says what the agent writes there.

"In the module" tells whether a field is also there with the CRD that the Application Connector module installs. Times are RFC 3339
in UTC, such as \`2026-11-22T22:36:14Z\`.

${parts.join('\n\n')}

## Columns

What \`kubectl get compassconnections\` shows, and with \`-o wide\` those marked "wide". The short name is \`cconn\`. The CRD of the module has no
columns.

${renderColumns(connection.columns)}

What \`kubectl get applications\` shows:

${renderColumns(application.columns)}

## Annotations of the CompassConnection

${renderAnnotations('CompassConnection')}

## Annotations of an Application

The agent writes its own ones together with another change of the Application, never alone.

${renderAnnotations('Application')}
`;
}

function renderFields(schema: FieldSchema, part: string, inModule: ReadonlySet<string>): string {
  const rows = listFields(schema).map(([path, field, isRequired]) => [
    `\`${path}\`${isRequired ? ' \\*' : ''}`,
    toType(field),
    toMeaning(field),
    inModule.has(`${part}.${path}`) ? 'yes' : 'no',
  ]);
  return renderTable(['Field', 'Type', 'Meaning', 'In the module'], rows);
}

function toType({ type = '', format, items }: FieldSchema): string {
  if (format === 'date-time') return 'time';
  return items === undefined ? type : `list of ${items.type ?? ''}s`;
}

function toMeaning({ description = '', enum: words }: FieldSchema): string {
  return words === undefined ? description : `${description} ${words.map((word) => `\`${word}\``).join(', ')}.`;
}

function renderColumns(columns: readonly ColumnDefinition[]): string {
  const rows = columns.map(({ name, priority = 0, description = 'How old the object is.', jsonPath }) => [
    `\`${name.toUpperCase()}\`${priority > 0 ? ' (wide)' : ''}`,
    `${description.replace(/\.$/, '')}.`,
    `\`${jsonPath.replaceAll('\\.', '.')}\``,
  ]);
  return renderTable(['Column', 'Meaning', 'From'], rows);
}

function renderAnnotations(on: AnnotationText['on']): string {
  const rows = Object.entries(texts)
    .filter(([, text]) => text.on === on)
    .map(([key, { by, meaning }]) => [`\`${names[key as AnnotationKey]}\``, by, meaning]);
  return renderTable(['Annotation', 'Written by', 'Meaning'], rows);
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const toLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [toLine(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(toLine)].join('\n');
}
