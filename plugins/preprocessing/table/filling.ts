/** The operations of Keras that fill a column's gaps, as Keras' configuration of a model of them. @module */

/** What is done to a number. */
export interface Filling {
  /** The model's name. */
  readonly name: string;
  /** Stands for a missing number. */
  readonly fill: number;
  /** Whether it was missing is told too. */
  readonly flag: boolean;
  /** The logarithm of the number and one is taken. */
  readonly logarithm: boolean;
}
type Json = Readonly<Record<string, unknown>>;

const reference = (layer: string, dtype = "float32"): Json => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 1], dtype, keras_history: [layer, 0, 0] },
});
const operation = (className: string, name: string, args: readonly unknown[]): Json => ({
  module: "keras.src.ops.numpy",
  class_name: className,
  config: { name },
  registered_name: className,
  name,
  inbound_nodes: [{ args, kwargs: {} }],
});

/** A model `[batch, 1]` to the number to be scaled, the filled number, and 1 where it was missing. */
export function fillJson({ name, fill, flag, logarithm }: Filling): Json {
  const of = (part: string) => `${name}_${part}`, x = of("number"), gap = of("gap"), value = of("value");
  const layers: Json[] = [
    {
      module: "keras.layers",
      class_name: "InputLayer",
      config: { batch_shape: [null, 1], dtype: "float32", sparse: false, name: x },
      registered_name: null,
      name: x,
      inbound_nodes: [],
    },
    operation("Isnan", gap, [reference(x)]),
    operation("Where", value, [reference(gap, "bool"), fill, reference(x)]),
    ...(logarithm
      ? [
        operation("Maximum", of("least"), [reference(value), 0]),
        operation("Log1p", of("log"), [reference(of("least"))]),
      ]
      : []),
    ...(flag ? [operation("Where", of("flag"), [reference(gap, "bool"), 1.0, 0.0])] : []),
  ];
  const outputs = [logarithm ? of("log") : value, value, ...(flag ? [of("flag")] : [])];
  return {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      name,
      trainable: true,
      layers,
      input_layers: [[x, 0, 0]],
      output_layers: outputs.map((layer) => [layer, 0, 0]),
    },
    registered_name: "Functional",
    build_config: null,
    compile_config: null,
  };
}
