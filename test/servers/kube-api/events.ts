import {
  ANYTHING,
  builtInType,
  COUNT,
  column,
  convertFields,
  MICRO_TIME,
  OBJECT_REFERENCE,
  TEXT,
  TIME,
  toMicroseconds,
  toSeconds,
} from './built-in-type.ts';
import { ageOf } from './human-duration.ts';
import { type KubeObject, objectAt, stringAt } from './kube-object.ts';
import type { SelectableFields } from './selectors.ts';
import { invalidField } from './status-error.ts';

const INVOLVED_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const SELECTABLE: SelectableFields = {
  ...Object.fromEntries(
    INVOLVED_FIELDS.map((field) => [
      `involvedObject.${field}`,
      (event: KubeObject) => stringAt(event.involvedObject, field),
    ]),
  ),
  reason: (event) => stringAt(event, 'reason'),
  type: (event) => stringAt(event, 'type'),
  reportingComponent: (event) => stringAt(event, 'reportingComponent'),
  source: (event) => stringAt(event.source, 'component') || stringAt(event, 'reportingComponent'),
};

function lastSeen(event: KubeObject): string {
  return (
    stringAt(event.series, 'lastObservedTime') || stringAt(event, 'lastTimestamp') || stringAt(event, 'eventTime') || ''
  );
}

/** core/v1 Events. events.k8s.io shows the same objects in other words on the real server; here it is not served. */
export const EVENTS = builtInType({
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  namespaced: true,
  fields: {
    involvedObject: OBJECT_REFERENCE,
    related: OBJECT_REFERENCE,
    reason: TEXT,
    message: TEXT,
    type: TEXT,
    action: TEXT,
    reportingComponent: TEXT,
    reportingInstance: TEXT,
    source: { type: 'object', nullable: true, properties: { component: TEXT, host: TEXT } },
    firstTimestamp: TIME,
    lastTimestamp: TIME,
    eventTime: MICRO_TIME,
    count: COUNT,
    series: ANYTHING,
  },
  selectableFields: SELECTABLE,
  columns: {
    all: [
      column('Last Seen', 'string', (event, now) => ageOf(lastSeen(event), now)),
      column('Type', 'string', (event) => stringAt(event, 'type')),
      column('Reason', 'string', (event) => stringAt(event, 'reason')),
      column('Object', 'string', objectOf),
      column('Subobject', 'string', (event) => stringAt(event.involvedObject, 'fieldPath'), 1),
      column('Source', 'string', (event) => stringAt(event.source, 'component'), 1),
      column('Message', 'string', (event) => stringAt(event, 'message').trim()),
      column('First Seen', 'string', (event, now) => ageOf(stringAt(event, 'firstTimestamp'), now), 1),
      column('Count', 'string', (event) => event.count ?? 1, 1),
      { ...column('Name', 'string', (event) => event.metadata.name, 1), format: 'name' },
    ],
  },
  prepare(event) {
    const timed = convertFields(event, ['firstTimestamp', 'lastTimestamp'], toSeconds);
    const { eventTime } = convertFields(event, ['eventTime'], toMicroseconds);
    return {
      ...timed,
      involvedObject: objectAt(event, 'involvedObject'),
      source: objectAt(event, 'source'),
      reportingComponent: stringAt(event, 'reportingComponent'),
      reportingInstance: stringAt(event, 'reportingInstance'),
      firstTimestamp: timed.firstTimestamp ?? null,
      lastTimestamp: timed.lastTimestamp ?? null,
      eventTime: eventTime ?? null,
    };
  },
  validate(event) {
    // Events about cluster-scoped objects live in `default` alone.
    const involved = stringAt(event.involvedObject, 'namespace');
    const namespace = event.metadata.namespace ?? '';
    const wanted = involved === '' ? 'default' : involved;
    return namespace === wanted
      ? []
      : [invalidField('involvedObject.namespace', involved, 'does not match event.namespace')];
  },
});

function objectOf(event: KubeObject): string {
  const kind = stringAt(event.involvedObject, 'kind').toLowerCase();
  return `${kind}/${stringAt(event.involvedObject, 'name')}`;
}
