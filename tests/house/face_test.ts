/** The public face: few names at the root, and namespaces that are sub-paths too, with one rule for names. @module */
import { deepEqual, equal, ok } from "node:assert/strict";
import * as lapis from "../../mod.ts";
import { entries } from "../support/published.ts";
import { root } from "../support/sources.ts";

const isSpace = (value: unknown) => Object.prototype.toString.call(value) === "[object Module]";
const spaces = Object.entries(lapis).filter(([, value]) => isSpace(value)).map(([name]) => name);
const member = (space: string) =>
  (lapis as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>)[space] ?? {};
const names = (kind: Parameters<typeof lapis.registry.all>[0]) =>
  lapis.registry.all(kind).map((def) => def.name).sort();

Deno.test("the root has a few values: models, tensors, plugins, errors, and what first programs take", () => {
  const values = Object.entries(lapis).filter(([, value]) => !isSpace(value)).map(([name]) => name);
  deepEqual(
    values.sort(),
    [
      ..."BackendError ConfigError FormatError InputError LapisError LimitError ShapeError UnsupportedError"
        .split(" "),
      ..."GraphBuilder Model apply applyAll castTensor createRegistry input loadModel model readNpy registry"
        .split(" "),
      ..."scalar sequential tensor writeNpy".split(" "),
      ..."adam add dense dropout embedding extractLayers flatten lstm".split(" "),
    ].sort(),
  );
});
Deno.test("every namespace of the root is a sub-path with the same names, and the other way about", async () => {
  const paths = await entries();
  deepEqual(
    [...paths.keys()].filter((name) => ![".", "inference", "testing"].includes(name)).sort(),
    spaces.sort(),
  );
  for (const name of spaces) {
    const module = await import(new URL(paths.get(name) ?? "", root).href);
    equal(module, member(name), name);
  }
  const imports = JSON.parse(await Deno.readTextFile(new URL("imports.json", root))).imports;
  for (const [name, file] of paths) {
    equal(imports[name === "." ? "@lapis/lapis" : `@lapis/lapis/${name}`], file);
  }
});
Deno.test("a part's value has the name that it has as a string, and every part has a value", () => {
  const kinds = {
    activations: "activation",
    constraints: "constraint",
    initializers: "initializer",
    losses: "loss",
    metrics: "metric",
    optimizers: "optimizer",
    regularizers: "regularizer",
    schedules: "schedule",
  } as const;
  for (const [space, kind] of Object.entries(kinds)) {
    deepEqual(Object.keys(member(space)).sort(), names(kind), space);
    for (const [name, value] of Object.entries(member(space))) {
      equal((value as { readonly def: { readonly name: string } }).def.name, name);
    }
  }
});
Deno.test("a layer's value has the name of its class in camelCase", () => {
  const known = new Map(names("layer").map((name) => [name.toLowerCase(), name]));
  for (const name of Object.keys(member("layers"))) {
    ok(known.has(name.toLowerCase()), name);
    ok(/^[a-z][A-Za-z0-9]*$/.test(name), name);
  }
});
Deno.test("a value stands for itself wherever its name as a string does", () => {
  const { activations, initializers, layers, losses, metrics, optimizers, regularizers } = lapis;
  const spelled = layers.dense({
    units: 2,
    activation: "elu",
    kernelInitializer: "heNormal",
    kernelRegularizer: { name: "l2", l2: 0.5 },
  });
  const valued = layers.dense({
    units: 2,
    activation: activations.elu,
    kernelInitializer: initializers.heNormal,
    kernelRegularizer: regularizers.l2({ l2: 0.5 }),
  });
  const config = (layer: lapis.Layer) => ({ ...layer.config as object, kernelRegularizer: 0 });
  deepEqual(config(valued), config(spelled));
  const given = layers.dense({ units: 2, activation: activations.elu({ alpha: 2 }) });
  deepEqual((given.config as { readonly activation: unknown }).activation, { name: "elu", alpha: 2 });
  const compiled = (options: lapis.CompileTraining) => {
    const model = lapis.sequential([lapis.input({ shape: [3] }), valued]);
    model.compile(options);
    return model.savedTraining()?.config;
  };
  deepEqual(
    compiled({
      optimizer: optimizers.adam,
      loss: losses.meanSquaredError,
      metrics: [metrics.meanAbsoluteError, losses.huber({ delta: 2 })],
    }),
    compiled({
      optimizer: optimizers.adam(),
      loss: losses.meanSquaredError(),
      metrics: [metrics.meanAbsoluteError(), metrics.huber({ delta: 2 })],
    }),
  );
});
