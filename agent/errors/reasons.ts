import { applicationReasons } from './application-reasons.ts';
import { conditionReasons } from './condition-reasons.ts';
import type { ReasonFacts, ReasonGroup } from './reason-facts.ts';

/**
 * Every reason there is, once: stable words in PascalCase that stand in conditions, Events, failures of systems and the
 * log. The types follow from this table, and so does docs/reasons.md. A reason never changes its meaning.
 */
export const reasons = {
  // Configuration and cluster
  ConfigurationMissing: {
    group: 'cluster',
    meaning: 'The configuration Secret does not exist, and there is no certificate to connect with either.',
    agent: 'stall; notices the Secret at once',
    you: 'Register the runtime in UCL, so that the Secret is written.',
  },
  ConfigurationInvalid: {
    group: 'cluster',
    meaning: 'A key of the configuration Secret is missing or has an unusable value; or there is no usable kubeconfig.',
    agent: 'stall; notices a change at once',
    you: 'Correct what the message names.',
  },
  CrdMissing: {
    group: 'cluster',
    meaning: 'A CustomResourceDefinition is not installed.',
    agent: 'wait',
    you: '`kubectl apply -k manifests/crds`, or let the module install them.',
  },
  ClusterUnreachable: {
    group: 'cluster',
    meaning: 'The Kubernetes API server cannot be reached, is too busy, or fails without saying why.',
    agent: 'retry',
    you: 'Look at the API server and at network policies.',
  },
  PermissionMissing: {
    group: 'cluster',
    meaning:
      'RBAC does not allow what the message names. `Connected` can be True with this reason; its message then lists what the agent cannot do.',
    agent: 'wait; does everything else, and this too as soon as it is granted',
    you: 'Grant the verb that is named: `kubectl apply -k manifests/rbac`.',
  },
  Conflict: {
    group: 'cluster',
    meaning: 'Somebody else changed the object at the same moment.',
    agent: 'retry, from a fresh read',
    you: 'Nothing. If it lasts, find the other writer.',
  },
  NotFound: {
    group: 'cluster',
    meaning: 'An object that was there a moment ago is gone, or a namespace does not exist.',
    agent: 'retry',
    you: 'Create the namespace that is named, if it is one.',
  },
  AlreadyExists: {
    group: 'cluster',
    meaning: 'An object of that name was created at the same moment.',
    agent: 'retry',
    you: 'Nothing.',
  },
  RequestedTooOften: {
    group: 'cluster',
    meaning:
      'Something, most likely a controller, sets a field or annotation of the CompassConnection again and again; the message names the field, and who sets it if the API server recorded that. Or a new certificate was asked for when UCL had been asked for three within the last hour; the message says from when on the next one is possible. `Connected` stays True with this reason.',
    agent:
      'answers each request, but not more often than every `APP_MINIMAL_COMPASS_SYNC_TIME`; a field of the spec that it has to reset each time, not more often than every 15 s. A fourth certificate within the hour is not made later either',
    you: 'Stop what sets it. For regular syncs set `APP_SYNC_SCHEDULE`. If you need a new certificate, ask again after the time in the message.',
  },
  Refused: {
    group: 'cluster',
    meaning:
      'The API server refused the object: validation, an admission policy, a webhook (also one that does not answer), a quota, the size that etcd takes.',
    agent: 'stall or wait; if one system failed: tries again in each sync',
    you: "Read the server's own words in the message, and mend what they name.",
  },
  LeaderElectionOff: {
    group: 'cluster',
    meaning:
      'The agent may not use the Lease `ucl-agent`, which decides which of several agents works, or its namespace does not exist. This reason is only in the log; the message of `Connected` says the same.',
    agent: 'works without it, as if it were alone; takes part in the election as soon as it may',
    you: '`kubectl apply -k manifests/rbac`. Until then one replica, with the strategy `Recreate`.',
  },
  LeadershipLost: {
    group: 'cluster',
    meaning:
      'The agent could not renew its Lease for 10 s, or another agent has taken it. This reason is only in the log, since an agent that does not lead writes no status.',
    agent: 'ends what it does, stands by, and leads again when the Lease is free',
    you: 'Nothing. If it comes again and again: look at the API server, and at the CPU that the pod gets.',
  },
  // UCL
  CompassUnreachable: {
    group: 'ucl',
    meaning:
      "There was no answer, a timeout, a broken connection, a 5xx status or an internal error; or the server's certificate is not trusted.",
    agent: 'retry',
    you: 'If it lasts, check network, DNS, egress and the status of UCL. For a private CA: `NODE_EXTRA_CA_CERTS`.',
  },
  CompassRefused: {
    group: 'ucl',
    meaning:
      'UCL does not accept the certificate: it was revoked, the runtime was deregistered, the tenant is wrong, **or UCL has an outage**, during which it gives the same answer. The message says since when.',
    agent: 'wait; goes on by itself when the outage ends, and pairs at once when there is a new token',
    you: 'Wait for an outage to end. If the runtime was deregistered or the certificate revoked: a new token ([how](operating.md#a-new-token)).',
  },
  RateLimited: {
    group: 'ucl',
    meaning: 'UCL answered 429: too many requests. The limit is shared by all runtimes.',
    agent: 'wait, for as long as UCL asks',
    you: 'Nothing.',
  },
  InvalidAnswer: {
    group: 'ucl',
    meaning: 'The answer does not look like one of UCL.',
    agent: 'retry',
    you: 'Check the URL, and any proxy in between.',
  },
  AnswerTooLarge: {
    group: 'ucl',
    meaning:
      'UCL answers with more than the agent can take: one answer beyond `APP_COMPASS_MAX_RESPONSE_BYTES` or an eighth of the heap, or a landscape as a whole for which the heap is too small, or that takes longer than half an hour to read.',
    agent: 'asks for smaller pages first; then wait. Keeps everything',
    you: 'If UCL really has that much for this runtime: a higher memory limit of the container, or `APP_MAX_HEAP_MIB`.',
  },
  LandscapeMoving: {
    group: 'ucl',
    meaning: 'Whenever the agent read the landscape, it changed before the last page was read.',
    agent: 'wait',
    you: 'Nothing; it passes when the changes in UCL have ended.',
  },
  ReadIncomplete: {
    group: 'ucl',
    meaning: 'Some systems could not be read completely. They are left as they are, **and nothing is removed**.',
    agent: 'retry',
    you: 'If it lasts for one system, its message says what UCL answered.',
  },
  RuntimeMismatch: {
    group: 'ucl',
    meaning: 'The certificate belongs to another runtime than `RUNTIME_ID` says. Nothing was applied.',
    agent: 'wait; uses a new token at once',
    you: 'Correct `RUNTIME_ID`, or put a token of that runtime into the Secret.',
  },
  // Token and certificate
  TokenMissing: {
    group: 'credentials',
    meaning: 'The configuration Secret has no `TOKEN`, and one is needed.',
    agent: 'stall',
    you: 'Provide a new token ([how](operating.md#a-new-token)).',
  },
  TokenRefused: {
    group: 'credentials',
    meaning:
      'The token was used, has expired (after 60 minutes), or was replaced by a newer one. It is not tried again.',
    agent: 'stall',
    you: 'Provide a new token.',
  },
  TokenRefusedOrUnavailable: {
    group: 'credentials',
    meaning: 'UCL refused the token, with an answer that it also gives in an outage.',
    agent: 'tries the same token again after 1, 3, 6 and 10 minutes (`APP_PAIRING_RETRY_DELAYS`); then `TokenRefused`',
    you: 'Nothing at first; the message says when the next try is.',
  },
  CertificateRejected: {
    group: 'credentials',
    meaning: 'The certificate that UCL signed does not fit: its key, dates or subject. It was not stored.',
    agent: 'stall; in a renewal: goes on with the old certificate, and tries again after 5 minutes',
    you: 'Check the clock of the cluster, then provide a new token.',
  },
  CaCertificateRejected: {
    group: 'credentials',
    meaning:
      'What UCL sent as the certificate of its authority has not signed the client certificate, or cannot be read. The CA Secret stays as it is. `Connected` stays True.',
    agent: 'goes on; asks for it again with the next renewal',
    you: 'Report it to the operators of UCL.',
  },
  CaCertificateMissing: {
    group: 'credentials',
    meaning: 'The CA Secret is missing, and the agent has no certificate to put there. `Connected` stays True.',
    agent: 'goes on; looks for it with each run',
    you: 'Ask for a renewal ([how](operating.md#renew-the-certificate)).',
  },
  AddressNotTrusted: {
    group: 'credentials',
    meaning:
      'The agent found an installation that it does not know, and the `spec.managementInfo` of its CompassConnection names an address outside the domain of `CONNECTOR_URL`, or one without https. The client certificate is sent nowhere.',
    agent: 'stall; notices a change of the CompassConnection, and a new token, at once',
    you: 'If the address is right, add its host to `APP_COMPASS_TRUSTED_HOSTS`. If not, correct `spec.managementInfo`.',
  },
  CertificateMissing: {
    group: 'credentials',
    meaning: 'There is no client certificate yet.',
    agent: 'pairs',
    you: 'See the condition `Connected`.',
  },
  CertificateExpired: {
    group: 'credentials',
    meaning:
      'The client certificate has expired, by the clock of the cluster. Where that clock is wrong, UCL still takes it. Applications stay.',
    agent: 'goes on with it until UCL refuses it; pairs as soon as there is a new token',
    you: 'Provide a new token, unless the clock is wrong.',
  },
  KeyMismatch: {
    group: 'credentials',
    meaning: 'The stored key does not belong to the stored certificate.',
    agent: 'pairs as soon as there is a new token',
    you: 'Provide a new token.',
  },
  Valid: {
    group: 'credentials',
    meaning: 'The certificate is good. The message says how long, and when it will be renewed.',
    agent: 'renews it in time',
    you: 'Nothing.',
  },
  // Conditions
  ...conditionReasons,
  // Single systems
  UnreadableApplication: {
    group: 'systems',
    meaning:
      'An Application with the label of the agent does not match its CRD, for example because it was stored under an older CRD, and no assigned system has its name.',
    agent: 'leaves it alone; if a system gets its name, writes it anew',
    you: 'Correct or delete the Application.',
  },
  UnreadableSchema: {
    group: 'systems',
    meaning: "UCL cannot give the input schemas of this system's bundles: one of them breaks its answer.",
    agent: 'reads this system without them, writes the Application, and keeps the schemas that are stored',
    you: 'Correct the schema in UCL; odd characters, such as U+007F, are the usual cause.',
  },
  UnservableAddress: {
    group: 'systems',
    meaning:
      "Kyma's gateway cannot serve an address of this system: two bundles or APIs have the same normalised name, a name normalises to nothing, or a target is no absolute http(s) URL.",
    agent: 'writes the Application nevertheless',
    you: 'Rename the bundle or API in UCL, or correct its target.',
  },
  ChangedByOthers: {
    group: 'systems',
    meaning:
      'Something changes a field of an Application or Secret of this system each time that the agent writes it: another controller, or a mutating webhook. The message names the field, and who changes it if the API server recorded that. If something is only added to the object, the system counts as ready, and the message of `Synchronized` says so.',
    agent:
      'writes the object again after 1 minute, then ever later, up to 15 minutes; at once when what UCL says of it changes, or when a sync is asked for',
    you: 'Have the other one leave that field alone, or have the agent leave the Application alone by the annotation `compass.kyma-project.io/reconcile: disabled`.',
  },
  Terminating: {
    group: 'systems',
    meaning: 'The Application of this system is being deleted, and a finalizer keeps it.',
    agent: 'creates it again once it is gone',
    you: 'Find out which finalizer keeps it, and why its controller does not remove that.',
  },
  DuplicateName: {
    group: 'systems',
    meaning:
      'Two systems get the same Application name. The one that has the Application already keeps it; otherwise the one with the lower id gets it.',
    agent: 'leaves the other one out',
    you: 'Rename one of the two in UCL.',
  },
  InvalidName: {
    group: 'systems',
    meaning: 'Kubernetes does not allow that name for an Application.',
    agent: 'leaves the system out',
    you: 'Change its name or system number in UCL.',
  },
  NameConflict: {
    group: 'systems',
    meaning: 'There is an Application or Secret of that name which the agent did not create.',
    agent: 'never touches that object, and leaves the system out',
    you: 'Rename or delete the object, or rename the system in UCL.',
  },
  UnsupportedCredential: {
    group: 'systems',
    meaning: "A bundle has a credential that Kyma's gateway cannot use.",
    agent: 'writes the Application; that bundle is called without credentials',
    you: 'Give the bundle a Basic or OAuth credential in UCL.',
  },
  EmptyCredential: {
    group: 'systems',
    meaning: "A bundle's credential lacks a user name, password, client id or secret.",
    agent: 'writes the Application; that bundle is called without credentials',
    you: 'Complete the credential in UCL.',
  },
  // Events
  RemovalApproved: {
    group: 'events',
    meaning: 'A person approved a held removal, and it is carried out. The approval is used up.',
  },
  RemovalConfirmed: {
    group: 'events',
    meaning: 'Later reads of UCL confirmed a held removal, and it is carried out.',
  },
  Paired: { group: 'events', meaning: 'The agent has paired with UCL, with the one-time token.' },
  CertificateRenewed: { group: 'events', meaning: 'The new client certificate is in use.' },
  ConnectionRebuilt: {
    group: 'events',
    meaning: 'The CompassConnection was gone; the agent has created it again, with the stored certificate.',
  },
  IdentityChanged: {
    group: 'events',
    meaning:
      'The configuration Secret names another runtime, tenant or Connector, and UCL accepts the stored certificate for it.',
  },
  TakenOver: {
    group: 'events',
    meaning: 'From now on the agent uses the certificate of the installation that it found.',
  },
  CertificateReplaced: {
    group: 'events',
    meaning: 'Somebody stored another client certificate in its Secret; a call with it succeeded, and it is in use.',
  },
  CertificateRestored: {
    group: 'events',
    meaning:
      'The Secret of the client certificate was deleted, or overwritten with something unusable; the agent restored the certificate and its key.',
  },
  AddressesChanged: {
    group: 'events',
    meaning: 'After UCL did not answer, the Connector named other addresses, and the certificate is accepted there.',
  },
  ApplicationsChanged: {
    group: 'events',
    meaning:
      'Applications were created, renamed or removed; the message counts them. One that a finalizer keeps counts as removed when it is gone.',
  },
  ...applicationReasons,
  // Renewals
  Forced: { group: 'renewals', meaning: 'Somebody asked for it.' },
  Expiring: {
    group: 'renewals',
    meaning: 'Less of its lifetime is left than `APP_CERT_VALIDITY_RENEWAL_THRESHOLD` says.',
  },
  Expired: { group: 'renewals', meaning: 'It has expired; only a new token helps.' },
  NoUsablePair: { group: 'renewals', meaning: 'No certificate with its key could be read; only a token helps.' },
  // Defects
  Unexpected: {
    group: 'defects',
    meaning: 'A fault of the agent. The message names the kind of error, and the log has the stack.',
    agent: 'retry; outside of a run it ends with code 1 and is started again by Kubernetes',
    you: 'Report it, with the log lines that have the same `requestId`.',
  },
} as const satisfies Record<string, ReasonFacts>;

/** Reasons of one or more groups. */
export type ReasonOf<G extends ReasonGroup> = {
  [R in keyof typeof reasons]: (typeof reasons)[R]['group'] extends G ? R : never;
}[keyof typeof reasons];

/** Why something failed: what an {@link AgentError} bears. */
export type Reason = ReasonOf<'cluster' | 'ucl' | 'credentials' | 'defects'>;

/** Any word of the table. */
export type AnyReason = keyof typeof reasons;
