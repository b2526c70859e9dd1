/** Classes of models whose files hold hyperparameters alone: plugins that say the network those mean. @module */

/** A class of models, said as the functional model that its hyperparameters mean. */
export interface ArchitectureDef {
  /** Tells plugins apart. */
  readonly kind: "architecture";
  /** Class name in files, without its package. */
  readonly name: string;
  /** Packages that register the class; a class of that name from elsewhere is another. */
  readonly packages: readonly string[];
  /**
   * Keras 3's functional configuration (`layers`, `input_layers`, `output_layers`), layers in Keras' order.
   * @throws {LapisError} naming the hyperparameter that is missing or isn't supported.
   */
  network(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}
