/** `training=` in calls, as each Keras heeds it: histories and evaluations of Keras 2.15 and 3.15, and Monte Carlo dropout. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import {
  apply,
  dense,
  dropout,
  input,
  loadModel,
  type Model,
  model,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { sgd } from "../../public/optimizers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { root } from "../support/sources.ts";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Said {
  readonly evaluate: number;
  readonly loss: readonly number[];
  readonly moved: boolean;
}
interface ModeCase {
  readonly name: string;
  readonly config: object;
  readonly weights: readonly Numbers[];
  readonly keras2: Said;
  readonly keras3?: Said;
}
const read = async (name: string): Promise<unknown> =>
  JSON.parse(await Deno.readTextFile(new URL(`tests/fixtures/${name}.json`, root)));
const cases = await read("keras-modes") as readonly ModeCase[];
const data = await read("keras-modes-data") as Readonly<Record<"x" | "y" | "xs" | "ys", number[]>>;

async function modelOf(
  one: ModeCase,
  version: string,
  warn: (line: string) => void = () => {},
): Promise<Model> {
  const config = { ...one.config, keras_version: version };
  const made = await loadModel(new TextEncoder().encode(JSON.stringify(config)), { warn });
  [...made.weights.keys()].forEach((path, i) => {
    const value = one.weights[i];
    if (value) made.setWeight(path, tensor([...value.data], value.shape, "float32"));
  });
  made.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: "meanSquaredError" });
  return made;
}
const close = (a: number, b: number) => Math.abs(a - b) < 2e-5 * Math.max(1, Math.abs(b));

for (const [version, key] of [["2.15.0", "keras2"], ["3.15.1", "keras3"]] as const) {
  Deno.test(`training= in calls is heeded as Keras ${version} does, in evaluate, predict and fit`, async () => {
    const wrong: string[] = [];
    for (const one of cases) {
      const said = one[key];
      if (!said) continue;
      const [x, y] = one.name.startsWith("lstm")
        ? [tensor(data.xs, [16, 5, 3], "float32"), tensor(data.ys, [16, 1], "float32")]
        : [tensor(data.x, [32, 4], "float32"), tensor(data.y, [32, 1], "float32")];
      using evaluated = await modelOf(one, version);
      const { loss } = await evaluated.evaluate(x, y, { verbose: 0 });
      if (!close(loss ?? NaN, said.evaluate)) {
        wrong.push(`${one.name}: evaluates to ${loss}, Keras ${said.evaluate}`);
      }
      using fitted = await modelOf(one, version);
      const { history } = await fitted.fit(x, y, { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 });
      said.loss.forEach((want, i) => {
        const got = history.loss?.[i] ?? NaN;
        if (!close(got, want)) wrong.push(`${one.name}: loss ${i} is ${got}, Keras ${want}`);
      });
      using predicted = await modelOf(one, version);
      const before = new Map(predicted.weights);
      await predicted.predict(x);
      const moved = [...predicted.weights].some(([path, t]) => {
        const old = toNumbers(before.get(path) as Tensor);
        return toNumbers(t).some((v, i) => v !== old[i]);
      });
      if (moved !== said.moved) wrong.push(`${one.name}: predict moves statistics: ${moved}`);
    }
    deepEqual(wrong, []);
  });
}

Deno.test("a call's training= that a reader would not expect is said", async () => {
  const said = async (name: string, version: string) => {
    const lines: string[] = [], one = cases.find((c) => c.name === name);
    if (one) (await modelOf(one, version, (line) => lines.push(line))).close();
    return lines.filter((line) => line.includes("is called with")).join("\n");
  };
  ok(/training=False, which Keras 3's fit overrides/.test(await said("nested_False", "3.15.1")));
  ok(/training=True, which Keras 3's predict overrides/.test(await said("bn_True", "3.15.1")));
  ok(/training=True: predict too/.test(await said("bn_True", "2.15.0")));
  for (
    const [name, version] of [["nested_False", "2.15.0"], ["nested_frozen_False", "3.15.1"], [
      "bn_None",
      "3.15.1",
    ]]
  ) {
    deepEqual(await said(name ?? "", version ?? ""), "");
  }
});

Deno.test("Monte Carlo dropout predicts as often as asked, by a seed", async () => {
  const x = input({ shape: [64] });
  using mc = model({ inputs: x, outputs: apply(dropout({ rate: 0.5 }), x, { training: true }) });
  const ones = tensor(new Float32Array(128).fill(1), [2, 64]);
  const draws = await mc.predict(ones, { seed: 7, samples: 50 }) as Tensor;
  deepEqual(draws.shape, [50, 2, 64]);
  const numbers: number[] = Array.from(toNumbers(draws));
  deepEqual(new Set(numbers), new Set([0, 2]));
  ok(Math.abs(numbers.reduce((a, b) => a + b, 0) / numbers.length - 1) < 0.05);
  deepEqual(await mc.predict(ones, { seed: 7, samples: 50 }), draws);
  const rows = Array.from({ length: 100 }, (_, i) => numbers.slice(64 * i, 64 * i + 64).join());
  deepEqual(new Set(rows).size, 100);
  ok((await mc.predict(ones, { seed: 8, samples: 50 }) as Tensor).data.join() !== draws.data.join());
  const once = await mc.predict(ones) as Tensor, again = await mc.predict(ones) as Tensor;
  ok(once.data.join() !== again.data.join());
  // The same model read from a file of Keras 3 draws nothing until samples are asked for.
  using kept = await loadModel(await mc.toBytes(".keras"), { warn: () => {} });
  deepEqual([...toNumbers(await kept.predict(ones) as Tensor)], Array.from(ones.data as Float32Array));
  ok([...toNumbers(await kept.predict(ones, { samples: 3 }) as Tensor)].some((v) => v === 0));
});

Deno.test("evaluate of a model that draws has other draws for each batch and each time", async () => {
  const x = input({ shape: [8] });
  const made = () => model({ inputs: x, outputs: apply(dropout({ rate: 0.5 }), x, { training: true }) });
  using mc = made();
  mc.compile({ loss: "meanSquaredError" });
  const one = tensor(new Float32Array(8).fill(1), [1, 8]),
    row = tensor(new Float32Array(8 * 6).fill(1), [6, 8]);
  const loss = async (m: Model, data: Tensor, batchSize: number) =>
    (await m.evaluate(data, data, { batchSize })).loss ?? NaN;
  const single: number[] = [];
  // Each kept number is 2, each dropped one 0: every row is off by 1 whatever is drawn, their sums aren't.
  deepEqual(await loss(mc, row, 1), 1);
  mc.compile({ loss: "meanAbsoluteError" });
  const target = tensor(new Float32Array(8 * 6), [6, 8]), none = tensor(new Float32Array(8), [1, 8]);
  for (let i = 0; i < 6; i++) single.push((await mc.evaluate(one, none)).loss ?? NaN);
  ok(new Set(single).size > 1, single.join());
  using again = made();
  again.compile({ loss: "meanAbsoluteError" });
  const whole = (await again.evaluate(row, target, { batchSize: 1 })).loss ?? NaN;
  using third = made();
  third.compile({ loss: "meanAbsoluteError" });
  const parts: number[] = [];
  for (let i = 0; i < 6; i++) parts.push((await third.evaluate(one, none)).loss ?? NaN);
  ok(Math.abs(whole - parts.reduce((a, b) => a + b, 0) / 6) < 1e-6, `${whole} of ${parts}`);
});

Deno.test("a model that draws is no ONNX file, unless its draws are turned off", async () => {
  const x = input({ shape: [8] }), ones = tensor(new Float32Array(16).fill(1), [2, 8]);
  const outputs = apply(dropout({ rate: 0.5 }), x, { training: true });
  using mc = model({ inputs: x, outputs });
  await rejects(mc.toBytes(".onnx"), /draws random numbers when it predicts .*draws: false/);
  const json = new TextEncoder().encode(JSON.stringify({
    ...JSON.parse(new TextDecoder().decode(await mc.toBytes(".json", { kerasVersion: 2 }))),
    keras_version: "2.15.0",
  }));
  using two = await loadModel(json, { warn: () => {} });
  await rejects(two.toBytes("onnx"), /draws random numbers when it predicts/);
  using still = await loadModel(json, { draws: false, warn: () => {} });
  deepEqual(await still.predict(ones), ones);
  still.compile({ loss: "meanSquaredError" });
  deepEqual((await still.evaluate(ones, ones)).loss, 0);
  using written = await loadModel(await still.toBytes(".onnx"), { warn: () => {} });
  deepEqual([...toNumbers(await written.predict(ones) as Tensor)], Array.from(ones.data as Float32Array));
  await rejects(still.predict(ones, { samples: 2 }), /draws nothing when it predicts/);
});

Deno.test("samples of a model that draws nothing are refused", async () => {
  const x = input({ shape: [3] });
  using plain = model({ inputs: x, outputs: apply(dense({ units: 2 }), x) });
  const one = tensor([1, 2, 3], [1, 3]);
  await rejects(plain.predict(one, { samples: 3 }), /draws nothing when it predicts/);
  await rejects(plain.predict(one, { samples: 0 }), /samples: expected a whole number from 1, got 0/);
  await rejects(plain.predict(one, { seed: 1.5 }), /seed: expected a whole number between .*, got 1\.5/);
});
