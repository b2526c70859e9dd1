/** Dense: a fully connected layer. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { activate, asFloat, inputAt, paramAt, sizeAt, weight } from "../../../core/ops/words.ts";
import { activationField, type KernelConfig, kernelFields } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { int } from "../../../core/values/schema.ts";
import { keras1Names, renamed } from "../shared/spelled.ts";

/** Options of {@link denseDef}, resolved. */
export interface DenseConfig extends KernelConfig {
  /** Size of the output's last axis. */
  readonly units: number;
  /** Function applied last. */
  readonly activation: ActivationSpec;
}

/** The definition of {@link dense}. */
export const denseDef: LayerDef<DenseConfig, "kernel" | "bias"> = {
  kind: "layer",
  name: "Dense",
  mask: "pass",
  config: {
    units: int({ min: 1 }),
    activation: activationField(),
    ...kernelFields(),
  },
  params(config, [x]) {
    return {
      kernel: weight([sizeAt(x, -1), config.units], config.kernelInitializer),
      ...(config.useBias && { bias: weight([config.units], config.biasInitializer) }),
    };
  },
  build({ b, config, inputs, params }) {
    let y = b.matMul(asFloat(b, inputAt(inputs, 0)), paramAt(params, "kernel"));
    if (config.useBias) y = b.add(y, paramAt(params, "bias"));
    return [activate(b, config.activation, y)];
  },
  keras: {
    classNames: ["Dense", "TimeDistributedDense"],
    ignore: ["quantization_config", "lora_rank", "lora_alpha"],
    upgrade: (config) => renamed(config, keras1Names, ["input_dim", "input_length"]),
  },
};
/** Fully connected: `activation(x · kernel + bias)` over the last axis, `[…, features] → […, units]`. */
export const dense: Factory<DenseConfig, "units"> = factory(denseDef);
