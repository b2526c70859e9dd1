import assert from "node:assert/strict";
import {
  operators,
  runPlain,
  sampleGraph,
  sampleInputs,
  testGradients,
} from "../../../tests/support/gradients.ts";
import { int64, uniform } from "../../../tests/support/samples.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { inputsInto } from "../../graph/differentiate.ts";
import { gradientNodes, isDifferentiable, replay } from "../../graph/gradient.ts";
import { defaultLimits } from "../../values/limits.ts";
import { runGraph } from "../execute.ts";
import { tensorType, typeText } from "../../values/shape.ts";
import { isTensor, scalar, type Tensor, tensor, toNumbers } from "../../values/tensor.ts";
import { samples } from "./control.samples.ts";
import { savedScan } from "./scan-gradient.ts";

testGradients(samples);

const long = tensorType("int64", []), flag = tensorType("bool", []);

/** A loop that starts with `[1]` and appends the trip's number, while the sum of the appended stays below `most`. */
function growing(most: number): Graph {
  const b = new GraphBuilder(operators), trips = b.input("trips", long);
  const open = tensorType("int64", ["n"]);
  const body = b.nested("body", [{ name: "trip", type: long }, { name: "go", type: flag }, {
    name: "list",
    type: open,
  }], (
    inner,
    [trip, , list],
  ) => {
    const item = inner.unsqueeze(trip, inner.ints([0]));
    const go = inner.less(trip, inner.scalar(most, "int64"));
    return [go, inner.concat([list, item], { axis: 0 }), trip as Value];
  });
  const outputs = b.loop([trips, b.scalar(true, "bool"), b.ints([1]), ...body.captures], {
    captures: body.captures.length,
  }, { graphs: { body: body.graph } });
  outputs.forEach((v, i) => b.output(`y${i}`, v));
  return b.build();
}
const ints = (v: unknown) => Array.from(toNumbers(v as Tensor));

Deno.test("a loop carries values that grow, and stacks what each trip gives", () => {
  const [list, trips] = runPlain(growing(100), [scalar(3, "int64")]);
  assert.deepEqual(ints(list), [1, 0, 1, 2]);
  assert.deepEqual(ints(trips), [0, 1, 2]);
});
Deno.test("a loop ends when its condition doesn't hold", () => {
  const [list] = runPlain(growing(1), [scalar(30, "int64")]);
  assert.deepEqual(ints(list), [1, 0, 1]);
});
Deno.test("a loop without trips gives its first values and a stack of none", () => {
  const [list, trips] = runPlain(growing(1), [scalar(0, "int64")]);
  assert.deepEqual(ints(list), [1]);
  assert.ok(isTensor(trips));
  assert.deepEqual(trips.shape, [0]);
});
Deno.test("a loop without an end is stopped at the limit of trips", () => {
  const limits = { ...defaultLimits, trips: 5 };
  assert.throws(() => runGraph(growing(100), [scalar(30, "int64")], { registry: operators, limits }), {
    name: "LimitError",
    message: /Loop: more than 5 trips/,
  });
});
Deno.test("branches of unequal shape give what they share", () => {
  const b = new GraphBuilder(operators),
    x = b.input("x", tensorType("float32", ["batch", 4])),
    test = b.input("test", flag);
  const parts = [2, 3].map((n) =>
    b.nested(
      `first ${n}`,
      [],
      (inner) => [inner.slice(x, inner.ints([0]), inner.ints([n]), inner.ints([1]))],
    )
  );
  const { graphs: [then, other], captures } = b.alignCaptures(parts);
  assert.ok(then && other);
  const [y] = b.if([test, ...captures], { captures: captures.length }, {
    graphs: { then_branch: then, else_branch: other },
  });
  assert.equal(typeText(y?.type), "float32[batch, ?]");
});
Deno.test("a scan's outputs are stacked on the axis asked for, in the direction asked for", () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", [2, "time"]));
  const body = b.nested("step", [{ name: "s", type: tensorType("float32", [2]) }, {
    name: "x",
    type: tensorType("float32", [2]),
  }], (
    inner,
    [s, now],
  ) => {
    const sum = inner.add(s, now);
    return [sum, sum];
  });
  const start = b.constant(tensor([0, 0]));
  const outputs = b.scanOp([start, x], {
    num_scan_inputs: 1,
    scan_input_axes: [1],
    scan_input_directions: [1],
    scan_output_axes: [-1],
    scan_output_directions: [1],
  }, { graphs: { body: body.graph } });
  outputs.forEach((v, i) => b.output(`y${i}`, v));
  assert.deepEqual(outputs.map((v) => typeText(v.type)), ["float32[2]", "float32[2, time]"]);
  const [last, sums] = runPlain(b.build(), [tensor([[1, 2, 3], [10, 20, 30]])]);
  assert.deepEqual(ints(last), [6, 60]);
  assert.deepEqual(ints(sums), [6, 5, 3, 60, 50, 30]);
});
Deno.test("sequences of unequal length are refused by both lengths", () => {
  const b = new GraphBuilder(operators), x = b.constant(uniform([3, 2])), y = b.constant(uniform([4, 2]));
  assert.throws(
    () => b.scan([], [x, y], {}, (_, [p, q], step) => ({ state: [], outputs: [step.add(p, q)] })),
    {
      name: "ShapeError",
      message: /sequences of 3 and 4 steps/,
    },
  );
});
Deno.test("a scan's state that would change its shape is refused, as onnxruntime refuses it", () => {
  const b = new GraphBuilder(operators), start = b.input("start", tensorType("float32", ["m"]));
  const x = b.input("x", tensorType("float32", ["time", 3]));
  const { state: [y] } = b.scan([start], [x], {}, ([s], [now], step) => ({
    state: [step.add(s, now)],
    outputs: [],
  }));
  if (y) b.output("y", y);
  const run = (...values: Tensor[]) => runPlain(b.build(), values)[0];
  assert.deepEqual(ints(run(tensor([1, 2, 3]), tensor([[1, 1, 1], [2, 2, 2]]))), [4, 5, 6]);
  assert.throws(() => run(tensor([1]), tensor([[1, 1, 1]])), {
    name: "InputError",
    message: /Scan: state 0 is \[1\] before step 0 and \[3\] after it/,
  });
});
Deno.test("gradients flow through floats alone", () => {
  assert.ok(isDifferentiable(tensorType("float16")));
  assert.ok(!isDifferentiable(tensorType(int64([1]).dtype)));
});
Deno.test("a scan that saved its steps has the same gradient as one that is run again", () => {
  for (const sample of samples.filter((s) => s.op === "Scan")) {
    const forward = sampleGraph(sample), saving = savingScans(forward);
    const scans = (g: Graph) => g.nodes.filter((n) => n.op === "Scan").length;
    const [again, kept] = [forward, saving].map((g) => gradientOfSum(g));
    assert.ok(again && kept);
    assert.deepEqual([scans(again), scans(kept)], sample.note === "no state" ? [2, 2] : [3, 2]);
    const fed = sampleInputs(sample);
    assert.deepEqual(runPlain(kept, fed), runPlain(again, fed));
  }
});

/** The graph with scans that keep what their gradients read. */
function savingScans(graph: Graph): Graph {
  const b = new GraphBuilder(operators), values = inputsInto(b, graph);
  replay(b, graph, values, (node, inputs) => savedScan(b, node, inputs));
  for (const { id, name } of graph.outputs) b.output(name, values.get(id) as Value);
  return b.build();
}
/** Gradients of the sum of all float outputs by every float input. */
function gradientOfSum(forward: Graph): Graph {
  const b = new GraphBuilder(operators), values = new Map<number, Value>(), seeds = new Map<number, Value>();
  for (const input of forward.inputs) {
    const type = forward.types[input.id];
    if (type) values.set(input.id, b.input(input.name, type, input.role, input.value));
  }
  replay(b, forward, values);
  for (const o of forward.outputs) {
    const y = values.get(o.id);
    if (y) seeds.set(o.id, b.expand(b.scalar(1), b.shape(y)));
  }
  const wanted = forward.inputs.filter((i) => i.role === "data").map((i) => i.id);
  const found = gradientNodes(b, forward, values, seeds, wanted);
  [...found.values()].forEach((v, i) => b.output(`d${i}`, v));
  return b.build();
}
