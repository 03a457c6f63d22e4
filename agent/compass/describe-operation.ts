/** What each request is for, in the words of those who read a failure. The names of the requests stand in the log. */
const purposes: Readonly<Record<string, string>> = {
  Configuration: 'Asking UCL for a client certificate',
  SignCertificateSigningRequest: 'Asking UCL to sign the client certificate',
  Viewer: 'Asking UCL whom the client certificate belongs to',
  LandscapePage: 'Reading the systems from UCL',
  LandscapeNames: 'Reading the systems from UCL',
  LandscapeIds: 'Reading the ids of the systems from UCL',
  ApplicationBundles: 'Reading the bundles of a system from UCL',
  BundleApiDefinitions: 'Reading the APIs of a bundle from UCL',
  BundleEventDefinitions: 'Reading the events of a bundle from UCL',
  SetRuntimeLabel: 'Writing a label of the runtime to UCL',
};

/** The beginning of a sentence about a request, for example `Reading the systems from UCL (director.example.com)`. Pure. */
export function describeOperation(operation: string, host: string): string {
  return `${purposes[operation] ?? `The request ${operation} to UCL`} (${host})`;
}
