/** What UCL says about the systems assigned to this runtime: plain data, already parsed and checked. */

/** String-to-strings map of additional headers or query parameters, as Director's HttpHeaders and QueryParams. */
export type ParameterMap = Readonly<Record<string, readonly string[]>>;

/** A bundle's credential. */
export interface Credential {
  /** Its type in UCL's schema. The gateway can use those of `credentialKinds`. */
  readonly typename: string;
  /** Those that the rules of its kind name; none where there are no rules for it. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface BundleAuth {
  /** null: Director gave an auth without a credential (an access strategy only). */
  readonly credential: Credential | null;
  /** null and `{}` differ: the first writes no key into the parameters Secret. */
  readonly additionalHeaders: ParameterMap | null;
  readonly additionalQueryParams: ParameterMap | null;
  readonly csrfTokenEndpointUrl: string | null;
}

export interface ApiDefinition {
  readonly id: string;
  readonly name: string;
  readonly targetUrl: string;
}

export interface EventDefinition {
  readonly id: string;
  readonly name: string;
}

export interface Bundle {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  /** undefined: could not be read this time (it broke the answer), so that a stored value stays. */
  readonly instanceAuthRequestInputSchema: string | null | undefined;
  readonly auth: BundleAuth | null;
  readonly apiDefinitions: readonly ApiDefinition[];
  readonly eventDefinitions: readonly EventDefinition[];
}

export interface LandscapeApplication {
  readonly id: string;
  /** As Director gives it; normalised, or not, by the runtime's label `isNormalized`. */
  readonly name: string;
  readonly description: string | null;
  /** Ids of the system auths, which become `clientIds`. */
  readonly authIds: readonly string[];
  readonly bundles: readonly Bundle[];
}

/** A system whose data could not be read whole; it is left as it is in the cluster. */
export interface LandscapeGap {
  readonly applicationId: string;
  readonly name: string;
  readonly message: string;
}

/** One read of the landscape, every list to its end. Only a read without gaps may remove anything. */
export interface Landscape {
  readonly applications: readonly LandscapeApplication[];
  readonly gaps: readonly LandscapeGap[];
  /** Labels of this runtime in UCL. */
  readonly runtimeLabels: Readonly<Record<string, unknown>>;
}
