import { describe, expect, test } from 'vitest';
import {
  type EventSeries,
  findSeries,
  type KnownSeries,
  keepSeries,
  type RecordedEvent,
  startSeries,
  toEventManifest,
} from '../../../../agent/kube/stores/event-series.ts';

const event: RecordedEvent = { type: 'Normal', reason: 'Connected', message: 'The runtime is connected.' };
const halfAnHourMs = 1_800_000;
const none: KnownSeries = new Map();

function seriesAt(writtenAt: number, name = 'compass-connection.1'): EventSeries {
  return { name, resourceVersion: '7', firstTimestamp: '2030-01-01T00:00:00Z', count: 3, writtenAt };
}

describe('the series of an Event', () => {
  test('is continued for half an hour after it was written, and then begun anew', () => {
    const known = keepSeries(none, event, seriesAt(1_000));
    expect(findSeries(known, event, 1_000 + halfAnHourMs - 1)).toEqual(seriesAt(1_000));
    expect(findSeries(known, event, 1_000 + halfAnHourMs)).toBeUndefined();
  });

  test.each<Partial<RecordedEvent>>([
    { type: 'Warning' },
    { reason: 'Synchronized' },
    { message: 'another' },
    { application: { name: 'mp-one', uid: 'uid-2' } },
  ])('is not that of an Event with another %o', (difference) => {
    const known = keepSeries(none, event, seriesAt(0));
    expect(findSeries(known, { ...event, ...difference }, 0)).toBeUndefined();
  });

  test('is forgotten where nothing is known of it any more, and the others stay', () => {
    const other = { ...event, message: 'other' };
    const known = keepSeries(keepSeries(none, event, seriesAt(0, 'one')), other, seriesAt(0, 'two'));
    const left = keepSeries(known, event, undefined);
    expect(findSeries(left, event, 0)).toBeUndefined();
    expect(findSeries(left, other, 0)?.name).toBe('two');
  });

  test('that was written longest ago is forgotten when there are more than 128', () => {
    const numbered = (index: number) => ({ ...event, message: String(index) });
    let known = none;
    for (let index = 0; index < 128; index += 1) known = keepSeries(known, numbered(index), seriesAt(0));
    // Written again, the first is the newest.
    known = keepSeries(known, numbered(0), seriesAt(1));
    known = keepSeries(known, numbered(128), seriesAt(2));
    expect(known.size).toBe(128);
    expect(findSeries(known, numbered(0), 2)).toEqual(seriesAt(1));
    expect(findSeries(known, numbered(1), 2)).toBeUndefined();
    expect(findSeries(known, numbered(2), 2)).toEqual(seriesAt(0));
  });

  test('begins with one Event, named by time and chance', () => {
    const now = new Date('2030-01-01T00:00:00.999Z');
    expect(startSeries({}, now, 0.5)).toEqual({
      name: `compass-connection.${now.getTime().toString(16)}7fffff`,
      firstTimestamp: '2030-01-01T00:00:00Z',
      count: 1,
    });
  });

  test('that begins on an Application is named after it, within what a name may be', () => {
    const named = (name: string) => startSeries({ application: { name, uid: 'uid-2' } }, new Date(0), 0).name;
    expect(named('mp-one')).toBe('mp-one.00');
    expect(named(`${'x'.repeat(199)}-${'y'.repeat(53)}`)).toBe(`${'x'.repeat(199)}.00`);
  });
});

describe('an Event', () => {
  const frame = {
    series: { name: 'compass-connection.1', firstTimestamp: '2030-01-01T00:00:00Z', count: 2 },
    uid: 'uid-1',
    now: new Date('2030-01-01T00:10:00.500Z'),
    instance: 'pod-1',
  };

  test('tells on what, by whom, how often and between which whole seconds', () => {
    expect(toEventManifest(event, frame)).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'compass-connection.1', namespace: 'default' },
      involvedObject: {
        apiVersion: 'compass.kyma-project.io/v1alpha1',
        kind: 'CompassConnection',
        name: 'compass-connection',
        uid: 'uid-1',
      },
      type: 'Normal',
      reason: 'Connected',
      message: 'The runtime is connected.',
      source: { component: 'ucl-agent' },
      reportingComponent: 'ucl-agent',
      reportingInstance: 'pod-1',
      firstTimestamp: '2030-01-01T00:00:00Z',
      lastTimestamp: '2030-01-01T00:10:00Z',
      count: 2,
    });
  });

  test('on an Application refers to that', () => {
    const onApplication = { ...event, application: { name: 'mp-one', uid: 'uid-2' } };
    expect(toEventManifest(onApplication, { ...frame, uid: 'uid-2' }).involvedObject).toEqual({
      apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
      kind: 'Application',
      name: 'mp-one',
      uid: 'uid-2',
    });
  });

  test('that is counted up carries the version that it was read in', () => {
    const series = { ...frame.series, resourceVersion: '7' };
    expect(toEventManifest(event, { ...frame, series }).metadata.resourceVersion).toBe('7');
  });

  test('names no uid of an object that is not known', () => {
    expect(toEventManifest(event, { ...frame, uid: undefined }).involvedObject).not.toHaveProperty('uid');
  });

  test('is cut to what the API server takes', () => {
    const long = { ...event, reason: 'r'.repeat(129), message: 'm'.repeat(1_001) };
    const { reason, message } = toEventManifest(long, frame);
    expect([reason.length, message.length]).toEqual([128, 1_000]);
  });

  test('shows nothing that steers a terminal, and is cut', () => {
    const frame = { series: startSeries({}, new Date(0), 0), uid: undefined, now: new Date(0), instance: 'a' };
    const hostile = { ...event, message: `\u001b[31m\u202e${'x'.repeat(2_000)}` };
    expect(toEventManifest(hostile, frame).message).toBe(` [31m\ufffd${'x'.repeat(991)}...`);
  });
});
