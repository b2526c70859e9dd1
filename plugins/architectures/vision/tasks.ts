/** KerasHub's models for tasks of images. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import type { Draft, Ref } from "../draft.ts";
import { backbone as drafted, type Hyperparameters, keras } from "../kit.ts";
import { type Body, bodyOf } from "../body.ts";
import { model } from "./kit.ts";

type Json = Readonly<Record<string, unknown>>;
type Task = (def: ArchitectureDef) => ArchitectureDef;
/** A task on a backbone. */
export function task(name: string, draw: (h: Hyperparameters, d: Draft, body: Body) => Ref): Task {
  return (def) =>
    drafted(name, (h, d) => {
      const body = bodyOf(h, d, def);
      return d.finish(body.inputs, draw(h, d, body));
    });
}
/** Maps of features to one vector. */
function pooler(h: Hyperparameters, more: Json = {}) {
  const type = h.choice("pooling", ["avg", "max"], "avg") === "avg" ? "Average" : "Max";
  return keras(`Global${type}Pooling2D`, "pooler", more);
}
function predictions(h: Hyperparameters) {
  const activation = h.any("activation", null);
  return keras("Dense", "predictions", { units: h.number("num_classes"), activation });
}
/** A class of the mean or largest features. */
export function pooled(name: string, output?: string): Task {
  return task(name, (h, d, body) => {
    const x = d.call(pooler(h), [body.output(output)]);
    const kept = d.call(keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) }), [x]);
    return d.call(predictions(h), [kept]);
  });
}
/** Layers one after another as a model of their own. */
const stack = (
  name: string,
  layers: readonly { readonly type: string; readonly name: string; readonly config?: Json }[],
) => ({
  ...model(name, {
    name,
    layers: layers.map(({ type, name, config }) => ({
      module: "keras.layers",
      class_name: type,
      config: { name, ...config },
    })),
  }),
  type: "Sequential",
});
const vgg = task("VGGImageClassifier", (h, d, body) => {
  const pooling = h.choice("pooling", ["avg", "max", "flatten"], "avg"),
    units = h.number("pooling_hidden_dim", 4096);
  const activation = "relu", drop = keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) });
  if (pooling === "flatten") {
    const dense = (name: string) => keras("Dense", name, { units, activation });
    const parts = [keras("Flatten", "flatten"), dense("fc1"), drop, dense("fc2"), predictions(h)];
    return d.call(stack("head", parts), [body.output()]);
  }
  const conv = (name: string, kernel_size: number, padding: string) =>
    keras("Conv2D", name, { filters: units, kernel_size, activation, padding });
  const parts = [conv("fc1", 7, "valid"), drop, conv("fc2", 1, "same"), pooler(h), predictions(h)];
  return d.call(stack("head", parts), [body.output()]);
});

const tasks: Readonly<Record<string, readonly Task[]>> = {
  ResNetBackbone: [pooled("ResNetImageClassifier")],
  VGGBackbone: [vgg],
  DenseNetBackbone: [pooled("DenseNetImageClassifier")],
  XceptionBackbone: [pooled("XceptionImageClassifier")],
};
/** Models for tasks of these backbones. */
export function visionTasks(backbones: readonly ArchitectureDef[]): readonly ArchitectureDef[] {
  return backbones.flatMap((def) => (tasks[def.name] ?? []).map((make) => make(def)));
}
