/** One operation: its text as it is sent, and the types of its answer and variables. */
export interface GraphqlDocument<Result, Variables> {
  readonly operation: string;
  readonly text: string;
  /** Never set; carries the types. */
  readonly types?: { readonly result: Result; readonly variables: Variables };
}
