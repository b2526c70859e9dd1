/** Weights that KerasHub's layers keep beside the layers they are made of. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { inputAt, paramAt, weight } from "../../../core/ops/words.ts";
import { bool, choice, int, list, text } from "../../../core/values/schema.ts";
import { hidden } from "./names.ts";

/** Options of {@link hubVariablesDef}, resolved. */
export interface HubVariablesConfig {
  /** Their shapes. */
  readonly shapes: readonly (readonly number[])[];
  /** Names of the initializers that fill them. */
  readonly initializers: readonly string[];
  /** Which of them training leaves alone. */
  readonly kept: readonly boolean[];
  /** Which of them are repeated for every row of the input, along their first axis. */
  readonly rows: readonly boolean[];
  /** The input is the first output: weights that are kept beside what is computed. */
  readonly passes: boolean;
  /** Their element types. */
  readonly types: readonly DType[];
}
const flags = () => list({ of: bool() });
/** Weights as values: an output each, whatever the input is. */
export const hubVariablesDef: LayerDef<HubVariablesConfig> = {
  kind: "layer",
  name: "HubVariables",
  mask: "consume",
  config: {
    shapes: list({ of: list({ of: int({ min: 1 }) }) }),
    initializers: list({ of: text() }),
    kept: flags(),
    rows: flags(),
    passes: bool({ default: false }),
    types: list({
      of: choice({ of: ["float32", "int32", "int64"] }),
      default: [],
    }),
  },
  params: (c) =>
    Object.fromEntries(c.shapes.map((shape, i) => [
      `variable${i}`,
      {
        ...weight(shape, c.initializers[i] ?? "zeros"),
        ...(c.kept[i] && { role: "statistic" as const }),
        dtype: c.types[i] ?? "float32",
      },
    ])),
  build({ b, config: c, inputs, params }) {
    const x = inputAt(inputs, 0);
    const values = c.shapes.map((shape, i) => {
      const value = paramAt(params, `variable${i}`);
      if (!c.rows[i]) return b.identity(value);
      const rows = b.shape(x, { start: 0, end: 1 });
      return b.expand(value, b.concat([rows, b.ints(shape.slice(1))], { axis: 0 }));
    });
    return c.passes ? [x, ...values] : values;
  },
  keras: hidden("HubVariables"),
};
