/** The part of docs/reasons.md in which a reason stands. */
export type ReasonGroup =
  | 'cluster'
  | 'ucl'
  | 'credentials'
  | 'conditions'
  | 'systems'
  | 'events'
  | 'renewals'
  | 'defects';

export interface ReasonFacts {
  readonly group: ReasonGroup;
  /** What it means, in Markdown, as the other texts. */
  readonly meaning: string;
  /** What the agent does about it. */
  readonly agent?: string;
  /** What a person does about it. */
  readonly you?: string;
  /** The conditions that bear it, and with which status. */
  readonly where?: string;
}

/**
 * Every reason there is, once: stable words in PascalCase that stand in conditions, Events, failures of systems and the
 * log. The types follow from this table, and so does docs/reasons.md. A reason never changes its meaning.
 */
export const reasons = {
  // Configuration and cluster
  ConfigurationMissing: {
    group: 'cluster',
    meaning: 'The configuration Secret is not there, and there is nothing else to connect with.',
    agent: 'stall; notices the Secret at once',
    you: 'Register the runtime in UCL, so that the Secret is written.',
  },
  ConfigurationInvalid: {
    group: 'cluster',
    meaning:
      'The configuration Secret lacks a key or holds something else than is expected; or there is no usable kubeconfig.',
    agent: 'stall; notices a change at once',
    you: 'Correct what the message names.',
  },
  CrdMissing: {
    group: 'cluster',
    meaning: 'A CustomResourceDefinition is not installed.',
    agent: 'wait',
    you: '`kubectl apply -k manifests/`, or let the module install them.',
  },
  ClusterUnreachable: {
    group: 'cluster',
    meaning: 'The Kubernetes API server cannot be reached, is too busy, or answers with 5xx.',
    agent: 'retry',
    you: 'Look at the API server and at network policies.',
  },
  PermissionMissing: {
    group: 'cluster',
    meaning:
      'RBAC does not let the agent do what the message names. Also the reason of a True `Connected` whose message lists what works in a reduced way.',
    agent: 'wait; the rest goes on, and it heals when granted',
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
  Refused: {
    group: 'cluster',
    meaning: 'The API server refused the object: validation, admission, a quota.',
    agent: 'stall or wait; as a failure of one system: with each sync',
    you: "Read the server's words in the message.",
  },
  // UCL
  CompassUnreachable: {
    group: 'ucl',
    meaning:
      'No answer, a timeout, a cut connection, 5xx, an internal error, or a server certificate that is not trusted.',
    agent: 'retry',
    you: 'If it lasts: network, DNS, egress, the status of UCL. For a private CA: `NODE_EXTRA_CA_CERTS`.',
  },
  CompassRefused: {
    group: 'ucl',
    meaning:
      'UCL does not accept the certificate: revoked, the runtime deregistered, the wrong tenant, **or an outage**, which answers the same. The message says since when.',
    agent: 'wait; heals by itself, or pairs with a new token at once',
    you: 'Wait for an outage to end. If the runtime was deregistered or the certificate revoked: a new token ([how](operating.md#a-new-token)).',
  },
  RateLimited: {
    group: 'ucl',
    meaning: 'HTTP 429. The limit is shared by all runtimes.',
    agent: 'wait; as long as UCL asks for',
    you: 'Nothing.',
  },
  InvalidAnswer: {
    group: 'ucl',
    meaning: 'The answer is not what UCL sends.',
    agent: 'retry',
    you: 'Check the URL and any proxy in between.',
  },
  LandscapeMoving: {
    group: 'ucl',
    meaning: 'The landscape changed each time while its pages were read.',
    agent: 'retry',
    you: 'Nothing; it passes when the changes have settled.',
  },
  ReadIncomplete: {
    group: 'ucl',
    meaning: 'Some systems could not be read whole. They are left as they are, **and nothing is removed**.',
    agent: 'retry',
    you: 'If it lasts for one system: its message names what UCL answered.',
  },
  RuntimeMismatch: {
    group: 'ucl',
    meaning: 'The certificate belongs to another runtime than `RUNTIME_ID` names. Nothing was applied.',
    agent: 'wait; uses a new token at once',
    you: 'Correct `RUNTIME_ID`, or put a token of that runtime into the Secret.',
  },
  // Token and certificate
  TokenMissing: {
    group: 'credentials',
    meaning: 'The configuration Secret has no `TOKEN`, and one is needed.',
    agent: 'stall',
    you: 'A new token ([how](operating.md#a-new-token)).',
  },
  TokenRefused: {
    group: 'credentials',
    meaning: 'The token is used, expired (60 minutes) or replaced by a newer one. It is not tried again.',
    agent: 'stall',
    you: 'A new token.',
  },
  TokenRefusedOrUnavailable: {
    group: 'credentials',
    meaning: 'UCL refused the token in the way in which it also answers in an outage.',
    agent: 'tries the same token again after 1, 3, 6 and 10 minutes (`APP_PAIRING_RETRY_DELAYS`); then `TokenRefused`',
    you: 'Nothing at first; the message tells the next try.',
  },
  CertificateRejected: {
    group: 'credentials',
    meaning: 'What UCL signed does not fit: key, dates, subject or chain. Nothing was stored.',
    agent: 'stall; a renewal goes on with the old certificate and is tried again after 5 minutes',
    you: 'Check the clock of the cluster, then a new token.',
  },
  CertificateMissing: {
    group: 'credentials',
    meaning: 'There is no client certificate yet.',
    agent: 'pairs',
    you: 'See the condition `Connected`.',
  },
  CertificateExpired: {
    group: 'credentials',
    meaning: 'The client certificate has expired. Applications stay.',
    agent: 'pairs as soon as there is a new token',
    you: 'A new token.',
  },
  KeyMismatch: {
    group: 'credentials',
    meaning: 'The stored key does not belong to the stored certificate.',
    agent: 'pairs as soon as there is a new token',
    you: 'A new token.',
  },
  Valid: {
    group: 'credentials',
    meaning: 'The certificate is good; the message tells until when, and when it is renewed.',
    agent: 'renews it in time',
    you: 'Nothing.',
  },
  // Conditions
  Connected: {
    group: 'conditions',
    meaning: 'The agent is connected with UCL.',
    you: 'Nothing.',
    where: '`Connected`',
  },
  Synchronized: {
    group: 'conditions',
    meaning: 'Every assigned system is in the cluster.',
    you: 'Nothing.',
    where: '`Synchronized`, `Ready`',
  },
  ApplicationsFailed: {
    group: 'conditions',
    meaning: 'The read was good and some systems failed on their own.',
    you: 'See `status.failures` and the next table.',
    where: '`Synchronized` False, `Ready` True',
  },
  NotYetSynchronized: {
    group: 'conditions',
    meaning: 'The agent has started and has not synchronised yet.',
    you: 'Wait for the first sync.',
    where: '`Synchronized` Unknown',
  },
  Suspended: {
    group: 'conditions',
    meaning: 'A person has suspended the agent.',
    you: '[Resume](operating.md#suspend-and-resume).',
    where: '`Synchronized` Unknown',
  },
  PruneHeld: {
    group: 'conditions',
    meaning: 'A large removal waits for a second read that confirms it.',
    you: 'Nothing, or [approve or prevent it](operating.md#held-removals).',
    where: '`PruneHeld` True',
  },
  NoStatus: {
    group: 'conditions',
    meaning: 'There is a CompassConnection and no agent has written its status.',
    you: 'Is the agent running?',
    where: 'none; `ucl-agent status` says it',
  },
  // Single systems
  DuplicateName: {
    group: 'systems',
    meaning:
      'Two systems come to the same Application name. The one that has the Application keeps it, else the lower id gets it.',
    agent: 'leaves out the other',
    you: 'Rename one of the two in UCL.',
  },
  InvalidName: {
    group: 'systems',
    meaning: 'The name cannot be the name of an Application.',
    agent: 'leaves the system out',
    you: 'Change name or system number in UCL.',
  },
  NameConflict: {
    group: 'systems',
    meaning: "An Application or Secret of that name exists that is not the agent's. It is never touched.",
    agent: 'leaves the object alone',
    you: 'Rename or delete it, or rename the system in UCL.',
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
    agent: 'as above',
    you: 'Complete the credential in UCL.',
  },
  // Events
  Paired: { group: 'events', meaning: 'The agent has paired with UCL by the one-time token.' },
  CertificateRenewed: { group: 'events', meaning: 'The new client certificate is in use.' },
  ConnectionRebuilt: {
    group: 'events',
    meaning: 'The CompassConnection was gone and is written anew from the stored certificate.',
  },
  IdentityChanged: {
    group: 'events',
    meaning: 'The configuration Secret names another runtime, tenant or Connector, and the certificate serves it.',
  },
  TakenOver: { group: 'events', meaning: 'The certificate of an existing installation is used from now on.' },
  ApplicationsChanged: {
    group: 'events',
    meaning: 'Applications were created, renamed or removed; the message counts them.',
  },
  // Renewals
  Forced: { group: 'renewals', meaning: 'Somebody asked for it.' },
  Expiring: {
    group: 'renewals',
    meaning: 'Less than the share `APP_CERT_VALIDITY_RENEWAL_THRESHOLD` of its life is left.',
  },
  Expired: { group: 'renewals', meaning: 'It has expired; only a new token helps.' },
  NoUsablePair: { group: 'renewals', meaning: 'There is none that can be read; only a token helps.' },
  // Defects
  Unexpected: {
    group: 'defects',
    meaning: 'Nobody foresaw this; the message names the kind of error, and the log has the stack.',
    agent: 'retry',
    you: 'Report it with the lines of the log that have the same `requestId`.',
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
