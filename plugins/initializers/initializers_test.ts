/** Initializers: ranges, moments and fans as Keras defines them. @module */
import { deepEqual, ok, throws } from "node:assert/strict";
import { toNumbers } from "../../core/values/tensor.ts";
import { initializers } from "./mod.ts";

function fill(name: string, shape: readonly number[], config: Record<string, unknown> = {}, seed = 7) {
  const def = initializers.find((i) => i.name === name);
  if (!def) throw new Error(`no initializer ${name}`);
  const defaults = Object.fromEntries(Object.entries(def.config).map(([key, field]) => [key, field.default]));
  return toNumbers(def.fill(shape, { ...defaults, ...config }, seed));
}
function moments(x: ArrayLike<number>): { mean: number; deviation: number; largest: number } {
  const list = Array.from(x), mean = list.reduce((s, v) => s + v, 0) / list.length;
  const variance = list.reduce((s, v) => s + (v - mean) ** 2, 0) / list.length;
  return { mean, deviation: Math.sqrt(variance), largest: Math.max(...list.map(Math.abs)) };
}

Deno.test("constants are what they say", () => {
  deepEqual([...fill("zeros", [2])], [0, 0]);
  deepEqual([...fill("ones", [2])], [1, 1]);
  deepEqual([...fill("constant", [2], { value: 3 })], [3, 3]);
  deepEqual([...fill("identity", [2, 3], { gain: 2 })], [2, 0, 0, 0, 2, 0]);
  deepEqual([...fill("unitForgetBias", [8])], [0, 0, 1, 1, 0, 0, 0, 0]);
});
Deno.test("a seed gives the same numbers, another seed others", () => {
  deepEqual(fill("randomNormal", [5]), fill("randomNormal", [5]));
  ok(fill("randomNormal", [5])[0] !== fill("randomNormal", [5], {}, 8)[0]);
  deepEqual(fill("randomNormal", [5], { seed: 3 }), fill("randomNormal", [5], { seed: 3 }, 99));
});
Deno.test("bounds of the uniform ones follow from the fans", () => {
  // limit = sqrt(3 · scale / fan): a kernel [3, 3, 8, 16] has fans 72 and 144.
  const cases: readonly (readonly [string, number])[] = [
    ["glorotUniform", Math.sqrt(6 / 216)],
    ["heUniform", Math.sqrt(6 / 72)],
    ["lecunUniform", Math.sqrt(3 / 72)],
  ];
  for (const [name, limit] of cases) {
    const { largest } = moments(fill(name, [3, 3, 8, 16]));
    ok(largest <= limit && largest > 0.97 * limit, `${name}: ${largest} of ${limit}`);
  }
  const { largest } = moments(fill("randomUniform", [1000]));
  ok(largest <= 0.05 && largest > 0.049);
});
Deno.test("deviations of the normal ones follow from the fans, cut at two deviations", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["glorotNormal", Math.sqrt(2 / 150)],
    ["heNormal", Math.sqrt(2 / 100)],
    ["lecunNormal", Math.sqrt(1 / 100)],
  ];
  for (const [name, wanted] of cases) {
    const { deviation, largest } = moments(fill(name, [100, 50]));
    ok(Math.abs(deviation / wanted - 1) < 0.05, `${name}: ${deviation}, expected ${wanted}`);
    ok(largest <= 2 * wanted / 0.8796 + 1e-6);
  }
  ok(moments(fill("truncatedNormal", [4000], { stddev: 1 })).largest <= 2);
  const plain = moments(
    fill("varianceScaling", [100, 50], { distribution: "untruncated_normal", mode: "fan_out" }),
  );
  ok(Math.abs(plain.deviation / Math.sqrt(1 / 50) - 1) < 0.05);
});
for (const shape of [[4, 6], [6, 4], [2, 3, 4]]) {
  Deno.test(`orthogonal [${shape}] has orthonormal rows or columns`, () => {
    const columns = shape.at(-1) ?? 1, x = fill("orthogonal", shape), rows = x.length / columns;
    const few = Math.min(rows, columns), long = Math.max(rows, columns);
    const entry = (v: number, k: number) => x[rows < columns ? v * columns + k : k * columns + v] ?? 0;
    for (let i = 0; i < few; i++) {
      for (let j = 0; j < few; j++) {
        let dot = 0;
        for (let k = 0; k < long; k++) dot += entry(i, k) * entry(j, k);
        ok(Math.abs(dot - (i === j ? 1 : 0)) < 1e-6);
      }
    }
  });
}
Deno.test("orthogonal and identity say which shapes they take", () => {
  throws(() => fill("orthogonal", [3]), /expected two axes or more, got \[3\]/);
  throws(() => fill("identity", [3]), /expected two axes, got \[3\]/);
});
