import { formatDuration } from '../domain/duration.ts';
import { parseCron, parseDelays, parseWholeNumber } from './parse-values.ts';
import { optional, required } from './setting.ts';

export const showDelays = (delays: readonly number[]) => delays.map(formatDuration).join(',');

const noFollowUps = 'none';

/** The part of the table of settings that is about reads of UCL beside the schedule. */
export const extraReadSettings = {
  followUpDelaysMs: required({
    name: 'APP_FOLLOW_UP_DELAYS',
    default: '30s,1m,2m',
    example: noFollowUps,
    form: 'up to 20 durations, separated by commas, or `none`',
    meaning:
      'Pauses between the reads of UCL that follow a change, a requested sync or a pairing: UCL hands out the credentials of a system minutes after it shows the system. They come beside the schedule and never delay it. `none` turns them off.',
    inGoAgent: false,
    parse: (text) => (text === noFollowUps ? [] : parseDelays(text)),
    show: (delays) => (delays.length === 0 ? noFollowUps : showDelays(delays)),
  }),
  probeSchedule: optional({
    name: 'APP_PROBE_SCHEDULE',
    example: '*/30 * * * * *',
    form: 'a cron expression of five fields, or of six when the first one is seconds',
    meaning:
      'When to ask UCL for the ids and names of the systems alone, which takes a hundredth of the time of a full read. Where they differ from what is known, a full read follows at once. Not set: never. Each agent shifts this by an offset of its own. `APP_COMPASS_CALLS_PER_HOUR` limits it: a probe each minute needs more than 60.',
    inGoAgent: false,
    parse: (text) => {
      const expression = parseCron(text);
      return expression === undefined ? undefined : ({ kind: 'cron', expression } as const);
    },
    show: ({ expression }) => expression,
  }),
  compassCallsPerHour: required({
    name: 'APP_COMPASS_CALLS_PER_HOUR',
    default: '15',
    example: '60',
    form: 'a whole number from 0 to 100000',
    meaning:
      'How many requests to UCL follow-ups and probes may take within an hour; a full read takes one for each `APP_COMPASS_PAGE_SIZE` systems. It never limits what the schedule or a person asks for. After an HTTP 429 of UCL there are none for an hour.',
    inGoAgent: false,
    parse: (text) => parseWholeNumber(text, 0, 100_000),
    show: String,
  }),
} as const;
