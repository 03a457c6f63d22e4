/** What docs/troubleshooting.md says of a situation; what people see of it stands in its golden file. */
export interface SituationText {
  /** Name of the golden file. */
  readonly name: string;
  readonly title: string;
  /** What is the matter, in Markdown. */
  readonly cause: string;
  /** What a person does, in Markdown. */
  readonly remedy: string;
}

const newToken =
  'Have a [new token](operating.md#a-new-token) written into the configuration Secret; the agent notices it at once.';

/** The situations in which people look at the connection, in the order of the page. */
export const situationTexts = {
  healthy: {
    title: 'Everything is well',
    cause: 'The runtime is paired, and every system that UCL assigns is in the cluster.',
    remedy: 'Nothing.',
  },
  'no-secret': {
    title: 'The configuration Secret is not there',
    cause: 'The runtime was not registered in UCL yet, or the Secret was deleted before the agent had paired.',
    remedy:
      'Register the runtime in UCL, so that the Secret is written. Inside the module, enable the module, which does both. The agent notices the Secret at once.',
  },
  'sample-secret': {
    title: 'The configuration Secret still holds the values of the sample',
    cause:
      'The Secret still has the values of `manifests/samples/compass-agent-configuration.yaml`, whose host does not exist. The token was not used.',
    remedy: 'Write into the Secret what UCL gave you when the runtime was registered.',
  },
  'token-used': {
    title: 'The one-time token was used, or has expired',
    cause: 'A token can be used once, within 60 minutes.',
    remedy: newToken,
  },
  'certificate-expired': {
    title: 'The client certificate has expired',
    cause: 'The agent was not running, was suspended, or could not renew the certificate in time.',
    remedy: `${newToken} The Applications stay meanwhile.`,
  },
  'renewal-failing': {
    title: 'The renewal of the client certificate fails',
    cause:
      'The certificate still works, and the agent keeps trying to renew it. The message says why that fails, and how much time is left.',
    remedy: 'Remove the cause that the message names, before the certificate expires. A new token helps in any case.',
  },
  revoked: {
    title: 'The certificate was revoked, or the runtime deregistered',
    cause:
      'UCL does not accept the certificate. During an outage UCL gives the same answer, and that passes by itself.',
    remedy: `Ask whether UCL has an outage. If not: ${newToken.charAt(0).toLowerCase()}${newToken.slice(1)}`,
  },
  'ucl-503': {
    title: 'UCL answers with HTTP 503',
    cause: 'UCL has a problem of its own. `Ready` stays True until the last success is too old.',
    remedy: 'Nothing. If it lasts, ask the operators of UCL.',
  },
  'ucl-timeout': {
    title: 'UCL does not answer',
    cause: 'The agent can connect, but gets no answer within `APP_COMPASS_REQUEST_TIMEOUT`.',
    remedy: 'If it lasts, check proxies and firewalls on the way, and ask the operators of UCL.',
  },
  'ucl-dns': {
    title: "UCL's host name cannot be resolved",
    cause: 'The name in the configuration Secret is wrong, or the DNS of the cluster does not know it.',
    remedy: 'Check `CONNECTOR_URL` in the configuration Secret and the DNS of the cluster.',
  },
  'ucl-tls': {
    title: "UCL's TLS certificate is not trusted",
    cause: 'A proxy on the way terminates TLS, or UCL has a certificate of a private authority.',
    remedy: "Name a file with the authority's certificate in `NODE_EXTRA_CA_CERTS`, or take the proxy out of the way.",
  },
  'systems-failing': {
    title: 'Single systems fail',
    cause:
      'These systems cannot be brought into the cluster as UCL describes them; all others are there. `status.failures` names each one that fails, and why.',
    remedy: 'Do what the message of the system says; [reasons.md](reasons.md#single-systems) explains each reason.',
  },
  'removal-held': {
    title: 'A removal is held',
    cause:
      'UCL no longer assigns many of the systems. The agent waits before it removes their Applications, in case that is an error in UCL.',
    remedy:
      'If these systems are meant to go: nothing, or [approve the removal](operating.md#held-removals). If not: [prevent it](operating.md#held-removals).',
  },
  suspended: {
    title: 'The agent is suspended',
    cause: 'Somebody has set `spec.suspend`, or the annotation for it.',
    remedy: '[Resume it](operating.md#suspend-and-resume).',
  },
  'no-rights': {
    title: 'The agent lacks rights',
    cause: 'Its roles (RBAC) do not allow it to write Applications.',
    remedy: '`kubectl apply -k manifests/rbac`. Inside the module, its manager restores the roles that it ships.',
  },
  'no-crd': {
    title: 'The CustomResourceDefinitions are not there',
    cause:
      'They were not installed, or somebody deleted them. Without them there is no status; the log says what is missing.',
    remedy:
      'Install them ([how](installation.md)). Inside the module, enable the module. The agent continues by itself.',
  },
  'wrong-tenant': {
    title: 'The tenant in the configuration Secret is wrong',
    cause: '`TENANT` is not the global account in which the runtime was registered.',
    remedy: 'Correct `TENANT`. No new token is needed: the agent uses the certificate that it already has.',
  },
  'wrong-runtime': {
    title: 'The runtime id in the configuration Secret is wrong',
    cause: 'The token was issued for another runtime than `RUNTIME_ID` names. Nothing was applied.',
    remedy: 'Correct `RUNTIME_ID`, or put a token of that runtime into the Secret.',
  },
  'clock-off': {
    title: 'The clock of the node is wrong',
    cause:
      'By that clock, the certificate has expired. UCL goes by its own clock and still accepts it, so the syncs continue.',
    remedy: 'Correct the clock of the node.',
  },
} as const satisfies Readonly<Record<string, Omit<SituationText, 'name'>>>;

export type SituationName = keyof typeof situationTexts;
