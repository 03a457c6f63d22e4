/** How a credential of one kind travels from UCL to Kyma's gateway. */
export interface CredentialRules {
  /**
   * `credentials.type` of an Application's entry, by which the gateway knows what to do
   * (docs/contracts/kubernetes.md#credential-types).
   */
  readonly gatewayType: string;
  /** Keys of the credentials Secret, each with the field of UCL's type that it holds. An empty one cannot be used. */
  readonly secretKeys: Readonly<Record<string, string>>;
  /** The field of UCL's type that becomes `credentials.authenticationUrl`, where this kind has one. */
  readonly authenticationUrl?: string;
}

/**
 * Every kind of credential that the gateway can use, by its type in UCL's schema, and all that the agent knows about it:
 * what is read from UCL, written into Application and Secret, and compared follows from here. Only the selection in
 * `graphql/director/bundle-fields.graphql` stands apart; a test compares it. Each field named here is a text in UCL's
 * schema, and never null.
 */
export const credentialKinds: ReadonlyMap<string, CredentialRules> = new Map([
  ['BasicCredentialData', { gatewayType: 'Basic', secretKeys: { username: 'username', password: 'password' } }],
  [
    'OAuthCredentialData',
    {
      gatewayType: 'OAuth',
      secretKeys: { clientId: 'clientId', clientSecret: 'clientSecret' },
      authenticationUrl: 'url',
    },
  ],
]);

/** The fields of UCL's type that the agent needs. */
export function fieldsOf({ secretKeys, authenticationUrl }: CredentialRules): string[] {
  return [...Object.values(secretKeys), ...(authenticationUrl === undefined ? [] : [authenticationUrl])];
}
