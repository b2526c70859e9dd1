/** ONNX files: element types, graphs, functions, nested graphs, damaged bytes. */
import { deepStrictEqual as deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { FormatError, LapisError, LimitError, UnsupportedError } from "../../core/values/errors.ts";
import { type Graph, typeOf } from "../../core/graph/graph.ts";
import { Random } from "../../core/values/random.ts";
import { evalDim, sameDim, tensorType, typeText } from "../../core/values/shape.ts";
import { scalar, tensor } from "../../core/values/tensor.ts";
import type { FunctionProto, GraphProto, ModelProto } from "./messages.ts";
import { modelTable } from "./messages.ts";
import { readOnnx, readOnnxFiles, writeOnnx } from "./mod.ts";
import { decode, encode } from "./proto.ts";
import { tensorToProto } from "./tensors.ts";
import { dimFromText, typeToProto } from "./types.ts";
import { float, modelOf, node, read, registry, relu, run } from "../../tests/support/onnxmodels.ts";

/** A model with a nested graph that captures, composites of our own, and a state. */
function rich(): Graph {
  const b = new GraphBuilder(registry, { name: "rich" });
  const x = b.input("x", tensorType("float32", [5, "batch", 3]));
  const w = b.input(
    "w",
    tensorType("float32", [3, 3]),
    "parameter",
    tensor(Float32Array.from({ length: 9 }, (_, i) => Math.sin(i)), [3, 3]),
  );
  const h = b.input("h", tensorType("float32", ["batch", 3]), "state");
  const loop = b.scope("loop", () =>
    b.scan([h], [x], {}, ([state], [step], inner) => {
      if (!state || !step) return { state: [], outputs: [] };
      const y = inner.tanh(inner.add(inner.matMul(state, w), step));
      return { state: [y], outputs: [inner.mul(y, inner.scalar(0.5))] };
    }));
  const [last] = loop.state, [all] = loop.outputs;
  ok(last && all);
  b.output("all", b.softmax(all, { axis: -1 }));
  b.output("h_next", last, "h");
  return b.build();
}

Deno.test("a graph with a loop, captures and a state is the same after writing and reading", () => {
  const before = rich(), { graph: after } = readOnnx(writeOnnx(before, { registry }), { registry });
  deepEqual(after.inputs.filter((i) => i.role !== "constant").map((i) => [i.name, i.role]), [
    ["x", "data"],
    ["h", "state"],
    ["w", "parameter"],
  ]);
  deepEqual(after.outputs.map((o) => [o.name, o.updates]), [["all", undefined], ["h_next", "h"]]);
  equal(typeText(typeOf(after, after.outputs[0]?.id ?? -1)), "float32[5, batch, 3]");
  const inputs = {
    x: tensor(Float32Array.from({ length: 30 }, (_, i) => Math.cos(i)), [5, 2, 3]),
    h: tensor(new Float32Array(6), [2, 3]),
  };
  deepEqual(run(after, inputs), run(before, inputs));
});

Deno.test("weights written are those given, and each role comes back", () => {
  const b = new GraphBuilder(registry);
  const x = b.input("x", tensorType("float32", [2]));
  const p = b.input("p", tensorType("float32", [2]), "parameter");
  const s = b.input("s", tensorType("float32", []), "statistic", scalar(3));
  const c = b.constant(tensor([1, 2]), "c");
  b.output("y", [p, s, c].reduce((sum, v) => b.add(sum, v), x));
  const weights = new Map([["p", tensor([10, 20])]]), graph = b.build();
  throws(() => writeOnnx(graph, { registry }), /parameter "p" has no value to write/);
  const { graph: after } = readOnnx(writeOnnx(graph, { registry, weights }), { registry });
  const roles = Object.fromEntries(after.inputs.map((i) => [i.name, i.role]));
  deepEqual(roles, { x: "data", p: "parameter", s: "statistic", c: "constant" });
  deepEqual(run(after, { x: tensor([0.5, 0.5]) }), { y: [14.5, 25.5] });
});

Deno.test("an opset that lacks an operator gets its body; one that can't is refused", () => {
  const b = new GraphBuilder(registry);
  const x = b.input("x", tensorType("float32", [3]));
  b.output("y", b.gelu(x));
  const graph = b.build();
  const ops = (opset: number) =>
    decode(modelTable, writeOnnx(graph, { registry, opset })).graph?.node?.map((n) => n.opType);
  deepEqual(ops(21), ["Gelu"]);
  equal(ops(18)?.includes("Gelu"), false);
  equal(decode(modelTable, writeOnnx(graph, { registry, opset: 18 })).opsetImport?.[0]?.version, 18n);
  const c = new GraphBuilder(registry);
  c.output("y", c.cumProd(c.input("x", tensorType("float32", [3])), c.scalar(0, "int64")));
  throws(() => writeOnnx(c.build(), { registry, opset: 21 }), /CumProd .* needs opset 26/);
});

Deno.test("what is an input and an output at once goes through Identity", () => {
  const b = new GraphBuilder(registry);
  const x = b.input("x", tensorType("float32", [2])), y = b.neg(x);
  for (const [name, v] of [["a", x], ["b", y], ["c", y]] as const) b.output(name, v);
  const { graph } = readOnnx(writeOnnx(b.build(), { registry }), { registry });
  deepEqual(run(graph, { x: tensor([1, 2]) }), { a: [1, 2], b: [-1, -2], c: [-1, -2] });
});

const scaled: FunctionProto = {
  name: "Scaled",
  domain: "loc",
  input: ["a", "b"],
  output: ["r"],
  attribute: ["by"],
  attributeProto: [{ name: "twice", type: 1, f: 2 }],
  opsetImport: [{ domain: "", version: 17n }],
  node: [
    node("Constant", [], ["k"], [{ name: "value_float", type: 1, refAttrName: "by" }]),
    node("Constant", [], ["t"], [{ name: "value_float", type: 1, refAttrName: "twice" }]),
    node("Mul", ["a", "k"], ["m"]),
    node("Mul", ["m", "t"], ["n"]),
    node("Clip", ["n", "b"], ["r"]),
  ],
};
const call = (input: string[]) => ({
  ...node("Scaled", input, ["y"], [{ name: "by", type: 1, f: 3 }]),
  domain: "loc",
  name: "call",
});
const opsets = [{ domain: "", version: 17n }, { domain: "loc", version: 1n }];

Deno.test("functions are put in place of their calls: attributes, defaults and absent inputs", () => {
  const model = modelOf(relu({ node: [call(["x"])] }), { functions: [scaled], opsetImport: opsets });
  const { graph } = read(model);
  deepEqual(run(graph, { x: tensor([[1, -2]]) }), { y: [6, -12] });
  ok(graph.nodes.every((n) => n.scope.startsWith("call")));
});

Deno.test("a function that calls itself is refused", () => {
  const loop = { ...scaled, node: [{ ...node("Scaled", ["a"], ["r"]), domain: "loc" }], opsetImport: opsets };
  const model = modelOf(relu({ node: [call(["x"])] }), { functions: [loop], opsetImport: opsets });
  throws(() => read(model), /"Scaled" calls itself/);
});

Deno.test("calls that multiply are counted, not built for ever", () => {
  const level = (i: number): FunctionProto => ({
    name: `F${i}`,
    domain: "loc",
    input: ["a"],
    output: ["r"],
    opsetImport: opsets,
    node: i === 0 ? [node("Relu", ["a"], ["r"])] : Array.from({ length: 10 }, (_, k) => ({
      ...node(`F${i - 1}`, [k === 0 ? "a" : `v${k}`], [k === 9 ? "r" : `v${k + 1}`]),
      domain: "loc",
    })),
  });
  const functions = Array.from({ length: 9 }, (_, i) => level(i));
  const graph = relu({ node: [{ ...node("F8", ["x"], ["y"]), domain: "loc" }] });
  throws(() => read(modelOf(graph, { functions, opsetImport: opsets })), LimitError);
});

Deno.test("everything unknown is listed in one error", () => {
  const graph = relu({
    node: [
      node("Erfc", ["x"], ["a"]),
      { ...node("Thing", ["a"], ["b"]), domain: "com.acme" },
      node("Relu", ["b"], ["c"], [{ name: "slope", type: 1, f: 1 }]),
      node("Erfc", ["c"], ["y"]),
    ],
  });
  throws(() => read(modelOf(graph)), (error) => {
    ok(error instanceof UnsupportedError);
    match(error.message, /operator Erfc \(2 times.*operator com\.acme\.Thing.*attribute slope of Relu/);
    return true;
  });
});

Deno.test("graphs that don't hold together are refused by name", () => {
  const cases: [ModelProto, RegExp][] = [
    [modelOf(relu({ node: [node("Relu", ["nowhere"], ["y"])] })), /input "nowhere" has no producer/],
    [
      modelOf(
        relu({
          node: [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])],
        }),
      ),
      /compute themselves, in a cycle: .*"a" \(Add\) → .*"b" \(Relu\)/,
    ],
    [
      modelOf(relu({ node: [node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])] })),
      /two values are named "y"/,
    ],
    [modelOf(relu({ output: [{ name: "z" }] })), /output "z" has no producer/],
    [modelOf(relu({ output: [] })), /no outputs/],
    [modelOf(relu(), { opsetImport: [] }), /no opset is imported for ai\.onnx/],
    [modelOf(relu(), { opsetImport: [{ version: 999n }] }), /opset 999/],
    [modelOf(relu(), { irVersion: 99n }), /IR version 99/],
    [{ irVersion: 9n }, /no graph/],
    [modelOf(relu({ node: [node("Concat", ["x", "x"], ["y"])] })), /axis is missing/],
    [
      modelOf(
        relu({ node: [node("Concat", ["x"], ["y"], [{ name: "axis", type: 3, s: Uint8Array.of(65) }])] }),
      ),
      /axis: expected integer, got "A"/,
    ],
  ];
  for (const [model, expected] of cases) {
    throws(() => read(model), (error) => {
      ok(error instanceof LapisError);
      match(error.message, expected);
      match(error.message, /^m\.onnx: /);
      return true;
    });
  }
});

Deno.test("an initializer that is an input too is its default since IR 4, and a weight before", () => {
  const graph: GraphProto = {
    input: [{ name: "x", type: float(2) }, { name: "d", type: float(2) }],
    initializer: [tensorToProto(tensor([1, 2]), "d")],
    node: [node("Add", ["x", "d"], ["y"])],
    output: [{ name: "y" }],
  };
  const role = (irVersion: bigint) =>
    read(modelOf(graph, { irVersion, opsetImport: [{ version: 8n }] })).graph.inputs.find((i) =>
      i.name === "d"
    );
  deepEqual(role(3n), { name: "d", id: 1, role: "parameter", value: tensor([1, 2]) });
  equal(role(7n)?.role, "data");
  deepEqual(role(7n)?.value, tensor([1, 2]));
});

Deno.test("small tensors that shapes are computed from are constants, so that shapes are known", () => {
  const graph: GraphProto = {
    input: [{ name: "x", type: float(1, 1, 4, 4) }],
    initializer: [tensorToProto(tensor([1, 1, 2, 2]), "scales")],
    node: [node("Resize", ["x", "", "scales"], ["y"])],
    output: [{ name: "y" }],
  };
  const read1 = read(modelOf(graph)).graph;
  equal(read1.inputs.find((i) => i.name === "scales")?.role, "constant");
  equal(typeText(typeOf(read1, read1.outputs[0]?.id ?? -1)), "float32[1, 1, 8, 8]");
});

Deno.test("a loop whose values grow is given types wide enough", () => {
  const body: GraphProto = {
    name: "body",
    input: [{ name: "i" }, { name: "go" }, { name: "v" }],
    node: [
      node("Concat", ["v", "x"], ["w"], [{ name: "axis", type: 2, i: 0n }]),
      node("Identity", ["go"], ["on"]),
    ],
    output: [{ name: "on" }, { name: "w" }],
  };
  const graph: GraphProto = {
    input: [{ name: "x", type: float(2) }],
    initializer: [tensorToProto(scalar(3n), "n")],
    node: [node("Loop", ["n", "", "x"], ["y"], [{ name: "body", type: 5, g: body }])],
    output: [{ name: "y" }],
  };
  const { graph: read1 } = read(modelOf(graph));
  equal(typeText(typeOf(read1, read1.outputs[0]?.id ?? -1)), "float32[?]");
  deepEqual(run(read1, { x: tensor([1, 2]) }), { y: [1, 2, 1, 2, 1, 2, 1, 2] });
});

Deno.test("dims are read as expressions over the symbols that inputs have, and written so that they are read back", () => {
  const known = new Set(["s", "n"]);
  const again = (text: string) => {
    const shape = [dimFromText(text, known)];
    const proto = typeToProto(tensorType("float32", shape)).tensorType?.shape?.dim?.[0];
    ok(sameDim(dimFromText(proto?.dimParam ?? "", known), shape[0] ?? 0), proto?.dimParam ?? "");
    return [2, 7, 8].map((n) => evalDim(shape[0] ?? 0, new Map([["s", n], ["n", n]])));
  };
  deepEqual(again("4*((s//4))"), [0, 4, 8]);
  deepEqual(again("n + s - 1"), [3, 13, 15]);
  deepEqual(again("s//(n*2)"), [0, 0, 0]);
  deepEqual(again("max(n, 3) - 2*n"), [-1, -7, -8]);
  for (const symbol of ["batch-size", "n//0", "((((((n", "n +", "other*2"]) {
    equal(dimFromText(symbol, known), symbol);
  }
  ok(typeof dimFromText("", known) === "object");
});

Deno.test("external data is read from the model's folder alone, within its file", async () => {
  const external = (...pairs: [string, string][]) =>
    encode(
      modelTable,
      modelOf(relu({
        node: [node("Add", ["x", "w"], ["y"])],
        initializer: [{
          name: "w",
          dataType: 1,
          dims: BigInt64Array.of(2n),
          dataLocation: 1,
          externalData: pairs.map(([key, value]) => ({ key, value })),
        }],
      })),
    );
  const asked: string[] = [];
  const beside = (name: string) => {
    asked.push(name);
    return Promise.resolve(new Uint8Array(Float32Array.of(9, 1, 2).buffer));
  };
  const load = (...pairs: [string, string][]) => readOnnxFiles(external(...pairs), beside, { registry });
  const { graph } = await load(["location", "w.bin"], ["offset", "4"], ["length", "8"]);
  deepEqual(run(graph, { x: tensor([[0, 0]]) }), { y: [1, 2] });
  const refused: [string, string][][] = [
    [["location", "../w.bin"]],
    [["location", "/etc/w.bin"]],
    [["location", "a\\..\\w.bin"]],
    [["location", "http://host/w.bin"]],
    [["location", "a//b"]],
    [["location", "w.bin"], ["offset", "-4"]],
    [["location", "w.bin"], ["offset", "8"]],
    [["location", "w.bin"], ["length", "4"]],
    [],
  ];
  for (const pairs of refused) {
    const error = await load(...pairs).then(() => undefined, (e) => e);
    ok(error instanceof FormatError, JSON.stringify(pairs));
  }
  deepEqual([...new Set(asked)], ["w.bin"]);
});

Deno.test("damaged models give errors of ours and nothing else", () => {
  const b = new GraphBuilder(registry, { name: "net" });
  const x = b.input("x", tensorType("float32", ["n", 3, 8, 8]));
  const k = b.input(
    "k",
    tensorType("float32", [4, 3, 3, 3]),
    "parameter",
    tensor(new Float32Array(108).fill(0.1), [4, 3, 3, 3]),
  );
  const y = b.relu(b.conv(x, k, { pads: [1, 1, 1, 1] }));
  b.output("y", b.reshape(y, b.ints([0, -1])));
  const models = [
    encode(modelTable, modelOf(relu({ node: [call(["x"])] }), { functions: [scaled], opsetImport: opsets })),
    writeOnnx(rich(), { registry }),
    writeOnnx(b.build(), { registry }),
  ];
  const random = new Random(11), below = (n: number) => Math.floor(random.bits() / 2 ** 32 * n);
  let refused = 0;
  for (const model of models) {
    for (let round = 0; round < 400; round++) {
      let bytes = model.slice();
      const at = below(bytes.length), length = below(24);
      if (round % 4 === 0) bytes = bytes.slice(0, at);
      else if (round % 4 === 1) {
        bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + length));
      } else if (round % 4 === 2) bytes[at] = (bytes[at] ?? 0) ^ 1 << below(8);
      else bytes.set(bytes.slice(0, length), at > bytes.length - length ? 0 : at);
      try {
        readOnnx(bytes, { registry });
      } catch (error) {
        ok(error instanceof LapisError, `round ${round}: ${error}`);
        refused++;
      }
    }
  }
  ok(refused > 600);
});
