/** The part of the table of reasons that Events on Applications bear, besides the reasons for which systems fail. */
export const applicationReasons = {
  ApplicationCreated: { group: 'events', meaning: 'On an Application: it was created for a system that UCL assigns.' },
  ApplicationUpdated: {
    group: 'events',
    meaning: 'On an Application: it or its Secrets were written anew; the message says which parts of them.',
  },
  ApplicationRestored: {
    group: 'events',
    meaning:
      'On an Application: somebody changed or deleted it or one of its Secrets, and the agent restored that ([to leave it alone](operating.md#leave-one-application-alone)).',
  },
  ApplicationRemoved: {
    group: 'events',
    meaning: 'On an Application: it was removed; the message says why.',
  },
  RemovalHeld: {
    group: 'events',
    meaning:
      'On an Application: UCL no longer assigns its system. The removal waits, since many would go at once; the message says until when ([held removals](operating.md#held-removals)).',
  },
  RemovalCancelled: {
    group: 'events',
    meaning: 'On an Application: its removal was held, and UCL assigns the system again.',
  },
  SystemRecovered: {
    group: 'events',
    meaning:
      'On an Application: its system failed before, and is now as UCL describes it. An Event about a failure has the reason of that failure.',
  },
  EventsLeftOut: {
    group: 'events',
    meaning:
      'More happened to Applications at once than is reported one by one; the message counts the rest by reason. `ucl-agent explain SYSTEM` shows each.',
  },
} as const;
