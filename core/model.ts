/** Placeholder for the model while its parts land. @module */
/** A model. */
export interface Model {
  readonly name: string;
}
