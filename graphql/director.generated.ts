/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { GraphqlDocument } from './graphql-document.ts';
export type ViewerType =
  | 'APPLICATION'
  | 'INTEGRATION_SYSTEM'
  | 'RUNTIME'
  | 'USER';

export type ApplicationBundlesQueryVariables = Exact<{
  applicationId: string;
  first: number;
  after?: string | null | undefined;
  nestedFirst: number;
  withInputSchema: boolean;
}>;


export type ApplicationBundlesQuery = { viewer: { id: string, type: ViewerType }, application: { bundles: { totalCount: number, data: Array<{ id: string, name: string, description: string | null, instanceAuthRequestInputSchema?: string | null, defaultInstanceAuth: { additionalHeaders: unknown, additionalQueryParams: unknown, credential:
            | { __typename: 'BasicCredentialData', username: string, password: string }
            | { __typename: 'CertificateOAuthCredentialData', clientId: string }
            | { __typename: 'OAuthCredentialData', clientId: string, clientSecret: string, url: string }
           | null, requestAuth: { csrf: { tokenEndpointURL: string } | null } | null } | null, apiDefinitions: { totalCount: number, data: Array<{ id: string, name: string, targetURL: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null, eventDefinitions: { totalCount: number, data: Array<{ id: string, name: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null } | null };

export type BundleApiDefinitionsQueryVariables = Exact<{
  applicationId: string;
  bundleId: string;
  first: number;
  after?: string | null | undefined;
}>;


export type BundleApiDefinitionsQuery = { viewer: { id: string, type: ViewerType }, application: { bundle: { apiDefinitions: { totalCount: number, data: Array<{ id: string, name: string, targetURL: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null } | null } | null };

export type BundleEventDefinitionsQueryVariables = Exact<{
  applicationId: string;
  bundleId: string;
  first: number;
  after?: string | null | undefined;
}>;


export type BundleEventDefinitionsQuery = { viewer: { id: string, type: ViewerType }, application: { bundle: { eventDefinitions: { totalCount: number, data: Array<{ id: string, name: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null } | null } | null };

export type BundleFieldsFragment = { id: string, name: string, description: string | null, instanceAuthRequestInputSchema?: string | null, defaultInstanceAuth: { additionalHeaders: unknown, additionalQueryParams: unknown, credential:
      | { __typename: 'BasicCredentialData', username: string, password: string }
      | { __typename: 'CertificateOAuthCredentialData', clientId: string }
      | { __typename: 'OAuthCredentialData', clientId: string, clientSecret: string, url: string }
     | null, requestAuth: { csrf: { tokenEndpointURL: string } | null } | null } | null, apiDefinitions: { totalCount: number, data: Array<{ id: string, name: string, targetURL: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null, eventDefinitions: { totalCount: number, data: Array<{ id: string, name: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null };

export type LandscapeIdsQueryVariables = Exact<{
  runtimeId: string;
  first: number;
  after?: string | null | undefined;
}>;


export type LandscapeIdsQuery = { viewer: { id: string, type: ViewerType }, applicationsForRuntime: { totalCount: number, data: Array<{ id: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } };

export type LandscapeNamesQueryVariables = Exact<{
  runtimeId: string;
  first: number;
  after?: string | null | undefined;
  withRuntime: boolean;
}>;


export type LandscapeNamesQuery = { viewer: { id: string, type: ViewerType }, runtime?: { labels: unknown } | null, applicationsForRuntime: { totalCount: number, data: Array<{ id: string, name: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } };

export type LandscapePageQueryVariables = Exact<{
  runtimeId: string;
  first: number;
  after?: string | null | undefined;
  nestedFirst: number;
  withRuntime: boolean;
  withInputSchema: boolean;
}>;


export type LandscapePageQuery = { viewer: { id: string, type: ViewerType }, runtime?: { labels: unknown } | null, applicationsForRuntime: { totalCount: number, data: Array<{ id: string, name: string, description: string | null, auths: Array<{ id: string }> | null, bundles: { totalCount: number, data: Array<{ id: string, name: string, description: string | null, instanceAuthRequestInputSchema?: string | null, defaultInstanceAuth: { additionalHeaders: unknown, additionalQueryParams: unknown, credential:
              | { __typename: 'BasicCredentialData', username: string, password: string }
              | { __typename: 'CertificateOAuthCredentialData', clientId: string }
              | { __typename: 'OAuthCredentialData', clientId: string, clientSecret: string, url: string }
             | null, requestAuth: { csrf: { tokenEndpointURL: string } | null } | null } | null, apiDefinitions: { totalCount: number, data: Array<{ id: string, name: string, targetURL: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null, eventDefinitions: { totalCount: number, data: Array<{ id: string, name: string }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null }>, pageInfo: { endCursor: string, hasNextPage: boolean } } | null }>, pageInfo: { endCursor: string, hasNextPage: boolean } } };

export type SetRuntimeLabelMutationVariables = Exact<{
  runtimeId: string;
  key: string;
  value: unknown;
}>;


export type SetRuntimeLabelMutation = { setRuntimeLabel: { key: string } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { id: string, type: ViewerType } };

export const applicationBundles: GraphqlDocument<ApplicationBundlesQuery, ApplicationBundlesQueryVariables> = {
  operation: 'ApplicationBundles',
  text: "query ApplicationBundles($applicationId: ID!, $first: Int!, $after: PageCursor, $nestedFirst: Int!, $withInputSchema: Boolean!) { viewer { id type } application(id: $applicationId) { bundles(first: $first, after: $after) { data { ...BundleFields } pageInfo { endCursor hasNextPage } totalCount } } } fragment BundleFields on Bundle { id name description instanceAuthRequestInputSchema @include(if: $withInputSchema) defaultInstanceAuth { credential { __typename ... on BasicCredentialData { username password } ... on OAuthCredentialData { clientId clientSecret url } ... on CertificateOAuthCredentialData { clientId } } additionalHeaders additionalQueryParams requestAuth { csrf { tokenEndpointURL } } } apiDefinitions(first: $nestedFirst) { data { id name targetURL } pageInfo { endCursor hasNextPage } totalCount } eventDefinitions(first: $nestedFirst) { data { id name } pageInfo { endCursor hasNextPage } totalCount } }",
};
export const bundleApiDefinitions: GraphqlDocument<BundleApiDefinitionsQuery, BundleApiDefinitionsQueryVariables> = {
  operation: 'BundleApiDefinitions',
  text: "query BundleApiDefinitions($applicationId: ID!, $bundleId: ID!, $first: Int!, $after: PageCursor) { viewer { id type } application(id: $applicationId) { bundle(id: $bundleId) { apiDefinitions(first: $first, after: $after) { data { id name targetURL } pageInfo { endCursor hasNextPage } totalCount } } } }",
};
export const bundleEventDefinitions: GraphqlDocument<BundleEventDefinitionsQuery, BundleEventDefinitionsQueryVariables> = {
  operation: 'BundleEventDefinitions',
  text: "query BundleEventDefinitions($applicationId: ID!, $bundleId: ID!, $first: Int!, $after: PageCursor) { viewer { id type } application(id: $applicationId) { bundle(id: $bundleId) { eventDefinitions(first: $first, after: $after) { data { id name } pageInfo { endCursor hasNextPage } totalCount } } } }",
};
export const landscapeIds: GraphqlDocument<LandscapeIdsQuery, LandscapeIdsQueryVariables> = {
  operation: 'LandscapeIds',
  text: "query LandscapeIds($runtimeId: ID!, $first: Int!, $after: PageCursor) { viewer { id type } applicationsForRuntime(runtimeID: $runtimeId, first: $first, after: $after) { data { id } pageInfo { endCursor hasNextPage } totalCount } }",
};
export const landscapeNames: GraphqlDocument<LandscapeNamesQuery, LandscapeNamesQueryVariables> = {
  operation: 'LandscapeNames',
  text: "query LandscapeNames($runtimeId: ID!, $first: Int!, $after: PageCursor, $withRuntime: Boolean!) { viewer { id type } runtime(id: $runtimeId) @include(if: $withRuntime) { labels } applicationsForRuntime(runtimeID: $runtimeId, first: $first, after: $after) { data { id name } pageInfo { endCursor hasNextPage } totalCount } }",
};
export const landscapePage: GraphqlDocument<LandscapePageQuery, LandscapePageQueryVariables> = {
  operation: 'LandscapePage',
  text: "query LandscapePage($runtimeId: ID!, $first: Int!, $after: PageCursor, $nestedFirst: Int!, $withRuntime: Boolean!, $withInputSchema: Boolean!) { viewer { id type } runtime(id: $runtimeId) @include(if: $withRuntime) { labels } applicationsForRuntime(runtimeID: $runtimeId, first: $first, after: $after) { data { id name description auths { id } bundles(first: $nestedFirst) { data { ...BundleFields } pageInfo { endCursor hasNextPage } totalCount } } pageInfo { endCursor hasNextPage } totalCount } } fragment BundleFields on Bundle { id name description instanceAuthRequestInputSchema @include(if: $withInputSchema) defaultInstanceAuth { credential { __typename ... on BasicCredentialData { username password } ... on OAuthCredentialData { clientId clientSecret url } ... on CertificateOAuthCredentialData { clientId } } additionalHeaders additionalQueryParams requestAuth { csrf { tokenEndpointURL } } } apiDefinitions(first: $nestedFirst) { data { id name targetURL } pageInfo { endCursor hasNextPage } totalCount } eventDefinitions(first: $nestedFirst) { data { id name } pageInfo { endCursor hasNextPage } totalCount } }",
};
export const setRuntimeLabel: GraphqlDocument<SetRuntimeLabelMutation, SetRuntimeLabelMutationVariables> = {
  operation: 'SetRuntimeLabel',
  text: "mutation SetRuntimeLabel($runtimeId: ID!, $key: String!, $value: Any!) { setRuntimeLabel(runtimeID: $runtimeId, key: $key, value: $value) { key } }",
};
export const viewer: GraphqlDocument<ViewerQuery, ViewerQueryVariables> = {
  operation: 'Viewer',
  text: "query Viewer { viewer { id type } }",
};