/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { GraphqlDocument } from './graphql-document.ts';
export type ConfigurationQueryVariables = Exact<{ [key: string]: never; }>;


export type ConfigurationQuery = { configuration: { token: { token: string } | null, certificateSigningRequestInfo: { subject: string } | null, managementPlaneInfo: { directorURL: string | null, certificateSecuredConnectorURL: string | null } | null } };

export type SignCertificateSigningRequestMutationVariables = Exact<{
  csr: string;
}>;


export type SignCertificateSigningRequestMutation = { signCertificateSigningRequest: { clientCertificate: string, caCertificate: string, certificateChain: string } };

export const configuration: GraphqlDocument<ConfigurationQuery, ConfigurationQueryVariables> = {
  operation: 'Configuration',
  text: "query Configuration { configuration { token { token } certificateSigningRequestInfo { subject } managementPlaneInfo { directorURL certificateSecuredConnectorURL } } }",
};
export const signCertificateSigningRequest: GraphqlDocument<SignCertificateSigningRequestMutation, SignCertificateSigningRequestMutationVariables> = {
  operation: 'SignCertificateSigningRequest',
  text: "mutation SignCertificateSigningRequest($csr: String!) { signCertificateSigningRequest(csr: $csr) { clientCertificate caCertificate certificateChain } }",
};