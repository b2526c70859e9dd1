/** Classes of models whose files hold hyperparameters alone: plugins that say the network those mean. @module */

/** A class of models, or of layers made of layers, said as the functional model that its hyperparameters mean. */
export interface ArchitectureDef {
  /** Tells plugins apart. */
  readonly kind: "architecture";
  /** Class name in files, without its package. */
  readonly name: string;
  /** Packages that register the class; a class of that name from elsewhere is another. */
  readonly packages: readonly string[];
  /**
   * Where Keras lists weights in whole-model `.h5` files in another order than layers stand in: of this class (`never`),
   * or of models that hold it as a part (`alone`). Such files aren't written.
   */
  readonly listed?: "never" | "alone";
  /** True for a class of layers in Keras, whose calls count from 0; classes of models are their own first call. */
  readonly part?: boolean;
  /** True where such a class takes its tensors as arguments of their own, in the order of the inputs' names. */
  readonly positional?: boolean;
  /** True where such a class fails in Keras on the shape that a file says it is built for: its first call builds it. */
  readonly builtByCall?: boolean;
  /**
   * Keras 3's functional configuration (`layers`, `input_layers`, `output_layers`), layers in Keras' order; one that says
   * `place` has its weights in that group below the class's own. `built` is what files hold of the shapes it was built for.
   * @throws {LapisError} naming the hyperparameter that is missing or isn't supported.
   */
  network(
    config: Readonly<Record<string, unknown>>,
    built?: unknown,
  ): Readonly<Record<string, unknown>>;
}
