/** TensorFlow's wrappers of cells: ResidualWrapper, DropoutWrapper and DeviceWrapper, in files of Keras 2. @module */
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { ChildLayer, Layer, LayerDef } from "../../../core/network/layer.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { inputAt } from "../../../core/ops/words.ts";
import { statesOf } from "./cells.ts";

/** Options of the wrappers, resolved. */
export interface CellWrapperConfig {
  /** The cell. */
  readonly cell: Layer;
}
function wrapper(
  name: string,
  summary: string,
  ignore: readonly string[],
  output: (b: Builder, y: Value, x: Value) => Value,
  upgrade?: (config: Record<string, unknown>) => Record<string, unknown>,
): LayerDef<CellWrapperConfig, never> {
  return {
    kind: "layer",
    name,
    summary,
    mask: "consume",
    config: { cell: layerField() },
    params: () => ({}),
    children: ({ cell }): readonly ChildLayer[] => [{ layer: cell, attribute: "cell" }],
    states: ({ cell }) => statesOf(cell, "cell"),
    build({ b, config, inputs, layer, call }) {
      const [y, ...next] = layer(config.cell, inputs, call);
      if (!y) throw new ShapeError(`cell ${config.cell.def.name}: expected an output`);
      return [output(b, y, inputAt(inputs, 0)), ...next];
    },
    check({ cell }, path) {
      statesOf(cell, `${path}.cell`);
    },
    keras: {
      call: ["inputs", "states", "training"],
      ignore,
      ...(upgrade && { upgrade }),
      save() {
        throw new UnsupportedError("Keras doesn't register TensorFlow's wrappers of cells: write ONNX");
      },
    },
  };
}
const probabilities = ["input_keep_prob", "output_keep_prob", "state_keep_prob"];
/** Each wrapper. */
export const cellWrapperDefs: readonly LayerDef<CellWrapperConfig, never>[] = [
  wrapper(
    "ResidualWrapper",
    "A cell whose input is added to its output (Keras 2).",
    [],
    (b, y, x) => b.add(y, x),
  ),
  wrapper(
    "DropoutWrapper",
    "A cell with dropout that drops nothing (Keras 2).",
    [...probabilities, "variational_recurrent", "input_size", "seed"],
    (_, y) => y,
    (config) => {
      const drops = probabilities.find((key) => config[key] !== undefined && config[key] !== 1);
      if (drops === undefined) return config;
      throw new UnsupportedError(`${drops} ${config[drops]}: TensorFlow drops in inference too, at random`);
    },
  ),
  wrapper("DeviceWrapper", "A cell that TensorFlow puts on a device (Keras 2).", ["device"], (_, y) => y),
];
