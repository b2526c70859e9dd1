/** Eager values: gradients by central differences, sums of gradients, broadcasting. @module */
import { deepEqual, deepStrictEqual, equal, ok, strictEqual, throws } from "node:assert/strict";
import type { Tensor } from "../../mod.ts";
import { type EagerValue as Value, value, valueAndGrad } from "../../public/graph.ts";
import { toNumbers } from "../../public/tensors.ts";

const list = (t: Tensor | undefined) => Array.from(toNumbers(t as Tensor));

const expressions: Readonly<Record<string, (x: Value, w: Value) => Value>> = {
  arithmetic: (x, w) => x.mul(w).add(2).div(w.sub(5)).sum(),
  "powers, exp and log": (x, w) => x.pow(2).add(1).log().mul(w.neg().exp()).mean(),
  "a network": (x, w) => x.matmul(w.transpose()).tanh().sigmoid().sum(),
  "relu of rows": (x, w) => x.relu().mul(w).sum(1).mean(),
  "slices and shapes": (x, w) => x.slice(1, 1).mul(w.slice(1, 0, -1)).reshape([4]).sum(),
  "broadcast over an axis": (x, w) => x.sub(x.mean(1, true)).mul(w.sum(0)).sum(),
  "a value that is used again": (x, w) => x.mul(x).mul(w).add(x).sum(),
};
for (const [name, f] of Object.entries(expressions)) {
  Deno.test(`gradients of ${name} are those of central differences`, () => {
    const args = [[0.5, -1.25, 2, 1.5, -0.75, 0.25], [1.5, 0.5, -0.25, 1, 2, -1.5]];
    const of = (flat: readonly number[]) => value([flat.slice(0, 3), flat.slice(3)]);
    const [a = [], b = []] = args,
      { gradients } = valueAndGrad((x, w) => f(x as Value, w as Value))(of(a), of(b));
    args.forEach((numbers, k) => {
      numbers.forEach((v, i) => {
        const at = (d: number) => {
          const moved = args.map((n, j) => (j === k ? n.with(i, v + d) : n));
          return f(of(moved[0] ?? []), of(moved[1] ?? [])).item();
        };
        const slope = (at(1e-6) - at(-1e-6)) / 2e-6, got = list(gradients[k])[i] ?? NaN;
        ok(Math.abs(got - slope) < 1e-7 * Math.max(1, Math.abs(slope)), `${got} is not ${slope}`);
      });
    });
  });
}

Deno.test("gradients add up until they are zeroed", () => {
  const x = value([1, 2]);
  x.mul(3).sum().backward();
  x.mul(x).sum().backward();
  deepEqual(list(x.grad), [5, 7]);
  x.zeroGrad();
  equal(x.grad, undefined);
});
Deno.test("a comparison gives numbers and no gradient", () => {
  const x = value([1, -2, 3]), kept = x.mul(x.greater(0));
  deepEqual(kept.data, [1, -0, 3]);
  kept.sum().backward();
  deepEqual(list(x.grad), [1, 0, 1]);
});
Deno.test("only scalars go back", () => {
  throws(() => value([1, 2]).backward(), /is for scalars, got shape \[2\]/);
});
Deno.test("a line is fitted by plain descent", () => {
  const x = value([[0], [1], [2], [3]]), y = value([[1], [3], [5], [7]]);
  let w = value([[0]]), b = value([0]);
  const loss = valueAndGrad((w, b) => x.matmul(w as Value).add(b as Value).sub(y).pow(2).mean());
  for (let i = 0; i < 500; i++) {
    const [dw, db] = loss(w, b).gradients;
    w = value(w.sub(value(dw as Tensor).mul(0.05)).tensor);
    b = value(b.sub(value(db as Tensor).mul(0.05)).tensor);
  }
  ok(Math.abs(w.item() - 2) < 1e-3 && Math.abs(b.item() - 1) < 1e-3);
});

Deno.test("a value tells what it was computed from, with data and gradients", () => {
  const w = value([2, 3]), x = value([4, 5]), product = w.mul(x), loss = product.sum();
  loss.backward();
  const { nodes, edges } = loss.graph({ w, x, loss });
  const named = (label: string) => nodes.find((n) => n.label === label);
  strictEqual(named("w")?.data, "2, 3");
  strictEqual(named("w")?.gradient, "4, 5");
  strictEqual(named("loss")?.data, "23");
  deepStrictEqual(nodes.filter((n) => n.kind === "operator").map((n) => n.label), ["ReduceSum", "Mul"]);
  // From w to the product's operator, on to the product, the sum's operator, and the sum.
  const next = (id: string | undefined) => edges.find(([from]) => from === id)?.[1];
  strictEqual(next(next(next(next(named("w")?.id)))), named("loss")?.id);
});
