/** Conversion: every reference model computes the same in onnxruntime, in nodes that people expect; nothing unproved is kept. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { convertInto } from "../../cli/conversion/convert.ts";
import { prove } from "../../cli/conversion/proof.ts";
import { fittingSamples } from "../../cli/conversion/samples.ts";
import {
  add,
  apply,
  dense,
  dropout,
  embedding,
  input,
  loadModel,
  lstm,
  Model,
  model as functionalModel,
  registry,
  sequential,
  tensor,
  writeNpy,
} from "../../mod.ts";
import {
  activation,
  averagePooling2d,
  batchNormalization,
  bidirectional,
  concatenate,
  conv2d,
  convLstm2d,
  depthwiseConv2d,
  globalAveragePooling2d,
  groupNormalization,
  gru,
  gruCell,
  lstmCell,
  masking,
  maxPooling2d,
  rescaling,
  rmsNormalization,
  rnn,
  separableConv2d,
  simpleRnn,
  simpleRnnCell,
  stackedRnnCells,
  timeDistributed,
  upSampling2d,
  zeroPadding2d,
} from "../../public/layers.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { tensorType } from "../../core/values/shape.ts";
import { decodeModel } from "../../io/onnx/reading/read.ts";
import type { ModelProto } from "../../io/onnx/messages.ts";
import { convertCase } from "./convert.ts";
import { listCases } from "../support/cases.ts";
import { kindOf } from "../support/runner.ts";
import { root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);
const cifar = path("tests/fixtures/models/cifar_cnn/");
const sentiment = path("examples/data/nusax_bilstm/model.keras");

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
async function lapis(...args: readonly string[]) {
  let out = "", err = "";
  const terminal = {
    out: (t: string) => out += t,
    err: (t: string) => err += t,
    width: 80,
    interactive: false,
  };
  return {
    exit: await main(args, terminal),
    get out() {
      return out;
    },
    get err() {
      return err;
    },
  };
}

/** Proves a model in onnxruntime and counts the nodes of its file by operator. */
async function nodesOf(
  model: Model,
  write = {},
): Promise<{ ops: Record<string, number>; proto: ModelProto }> {
  return await inFolder(async (folder) => {
    const samples = await fittingSamples(model, { seed: 1 });
    const made = await convertInto(model, `${folder}/m.onnx`, { source: "m", samples, write });
    deepStrictEqual(made.proof?.runs.filter((r) => r.problem !== undefined), []);
    const proto = decodeModel(await Deno.readFile(`${folder}/m.onnx`)), ops: Record<string, number> = {};
    for (const { opType = "" } of proto.graph?.node ?? []) ops[opType] = (ops[opType] ?? 0) + 1;
    return { ops, proto };
  });
}
const attributesOf = (proto: ModelProto, op: string) => {
  const node = proto.graph?.node?.find((n) => n.opType === op);
  return new Map(
    (node?.attribute ?? []).map((a) => [a.name, a.s ? new TextDecoder().decode(a.s) : Number(a.i ?? a.f)]),
  );
};

Deno.test("reference models of Keras 1, 2 and 3 compute the same in onnxruntime, and as Keras did", async () => {
  await inFolder(async (folder) => {
    const wrong: string[] = [], refused = new Map<string, number>();
    let count = 0;
    for (const below of ["keras", "keras-more", "models"]) {
      for (const one of await listCases(new URL(`tests/fixtures/${below}/`, root))) {
        if (!["A", "B", "model", "?"].includes(kindOf(one)) || one.expect_error) continue;
        for (const { name, problem } of await convertCase(one, folder)) {
          const why = /^lapis\.(\w+)[\w., ]* no form in ONNX$/.exec(problem ?? "")?.[1];
          if (why !== undefined) refused.set(why, (refused.get(why) ?? 0) + 1);
          else if (problem !== undefined) wrong.push(`${name}: ${problem}`);
          else count++;
        }
      }
    }
    deepStrictEqual(wrong, []);
    // Hashes and the cutting of texts are all that ONNX has no operators for.
    deepStrictEqual([...refused].sort(), [["CrossHash", 3], ["HashBucket", 7], ["Tokens", 6]]);
    ok(count > 550, `${count} converted`);
  });
});

Deno.test("at the oldest opset they are written in its forms", async () => {
  await inFolder(async (folder) => {
    const names =
      /^A_(.*(pool|softmax|layernorm|gelu|mish|lstm_mask|bi_gru|upsampling|zeropadding|split|reduce).*)$/;
    const wrong: string[] = [];
    let count = 0;
    for (const one of await listCases(new URL("tests/fixtures/keras/", root))) {
      if (!names.test(one.name)) continue;
      for (const { name, problem } of await convertCase(one, folder, 13)) {
        count++;
        if (problem !== undefined) wrong.push(`${name}: ${problem}`);
      }
    }
    deepStrictEqual(wrong, []);
    ok(count > 20, `${count} cases`);
  });
});

Deno.test("an image classifier turns its images once, and flattens them as they lie", async () => {
  const { ops, proto } = await nodesOf(await loadModel(`${cifar}model.keras`));
  deepStrictEqual(ops, {
    Transpose: 1,
    Conv: 4,
    Relu: 5,
    MaxPool: 1,
    AveragePool: 1,
    Flatten: 1,
    Gemm: 2,
    Softmax: 1,
  });
  const weights = proto.graph?.initializer?.map((t) => t.name) ?? [];
  ok(
    weights.includes("sequential/conv2d/kernel") && weights.includes("sequential/dense_1/bias"),
    `${weights}`,
  );
  deepStrictEqual(proto.graph?.node?.slice(0, 3).map((n) => n.name), [
    "conv2d/Transpose",
    "conv2d/Conv",
    "conv2d/Relu",
  ]);
  const typed = new Set([...proto.graph?.valueInfo ?? [], ...proto.graph?.output ?? []].map((v) => v.name));
  ok(proto.graph?.node?.every((n) => n.output?.every((name) => name === "" || typed.has(name))));
});

Deno.test("branches, additions and concatenations of images stay channels first", async () => {
  const x = input({ shape: [12, 12, 3], name: "image" });
  const first = apply(
    conv2d({ filters: 8, kernelSize: 3, padding: "same" }),
    apply(rescaling({ scale: 1 / 255 }), x),
  );
  const second = apply(activation({ activation: "relu" }), apply(batchNormalization({}), first));
  const sum = apply(add({}), [first, apply(conv2d({ filters: 8, kernelSize: 1 }), second)]);
  const smaller = apply(averagePooling2d({}), sum);
  const pooled = apply(maxPooling2d({ poolSize: 3, strides: 1, padding: "same" }), sum);
  const wide = apply(concatenate({}), [sum, pooled, apply(upSampling2d({ size: 2 }), smaller)]);
  const padded = apply(zeroPadding2d({ padding: 1 }), apply(dropout({ rate: 0.5 }), wide));
  const last = apply(globalAveragePooling2d({}), apply(depthwiseConv2d({ kernelSize: 3 }), padded));
  const y = apply(dense({ units: 4, activation: "softmax" }), last);
  const { ops } = await nodesOf(functionalModel({ inputs: [x], outputs: [y] }));
  strictEqual(ops.Transpose, 1);
  const counted = [ops.Conv, ops.Add, ops.Concat, ops.Pad, ops.GlobalAveragePool, ops.Gemm, ops.Resize];
  deepStrictEqual(counted, [3, 2, 1, 1, 1, 1, 1]);
});

Deno.test("an image that goes out is turned back once; separable convolutions are two nodes", async () => {
  const net = sequential([
    input({ shape: [9, 9, 2] }),
    separableConv2d({ filters: 6, kernelSize: 3, strides: 2, activation: "relu" }),
    conv2d({ filters: 2, kernelSize: 1 }),
  ]);
  deepStrictEqual((await nodesOf(net)).ops, { Transpose: 2, Conv: 3, Relu: 1 });
});

Deno.test("recurrent layers are whole nodes, in both directions one", async () => {
  const net = (layer: Parameters<typeof sequential>[0][number]) =>
    sequential([
      input({ shape: [null], dtype: "int32" }),
      embedding({ inputDim: 20, outputDim: 5 }),
      layer,
      dense({ units: 2 }),
    ]);
  const one = { Gather: 1, Transpose: 1, Squeeze: 1, Gemm: 1 };
  deepStrictEqual((await nodesOf(net(lstm({ units: 4 })))).ops, { ...one, LSTM: 1 });
  const whole = await nodesOf(net(gru({ units: 4, goBackwards: true })));
  deepStrictEqual(whole.ops, { ...one, GRU: 1 });
  const attributes = attributesOf(whole.proto, "GRU");
  deepStrictEqual([attributes.get("linear_before_reset"), attributes.get("direction")], [1, "reverse"]);
  deepStrictEqual((await nodesOf(net(simpleRnn({ units: 4, activation: "linear" })))).ops, {
    ...one,
    RNN: 1,
  });
  const both = await nodesOf(net(bidirectional(lstm({ units: 4 }))));
  deepStrictEqual(both.ops, { Gather: 1, Transpose: 2, LSTM: 1, Flatten: 1, Gemm: 1 });
  strictEqual(attributesOf(both.proto, "LSTM").get("direction"), "bidirectional");
  deepStrictEqual(
    both.proto.graph?.input?.[0]?.type?.tensorType?.shape?.dim?.map((d) => d.dimParam),
    ["batch", "time"],
  );
});

Deno.test("layers of whole sequences follow one another without a turn between", async () => {
  const net = sequential([
    input({ shape: [null, 3] }),
    bidirectional(lstm({ units: 4, returnSequences: true })),
    lstm({ units: 4, returnSequences: true }),
    gru({ units: 4, returnSequences: true }),
    timeDistributed(dense({ units: 2 })),
  ]);
  const { ops } = await nodesOf(net);
  deepStrictEqual([ops.LSTM, ops.GRU, ops.Scan], [2, 1, undefined]);
  // In, out, and one that lays the two directions beside one another.
  strictEqual(ops.Transpose, 3);
});

Deno.test("cells on top of one another are nodes; ConvLSTM and cells that ONNX lacks are scans", async () => {
  const stacked = rnn({ cell: stackedRnnCells({ cells: [lstmCell({ units: 4 }), gruCell({ units: 3 })] }) });
  deepStrictEqual((await nodesOf(sequential([input({ shape: [5, 2] }), stacked]))).ops, {
    Transpose: 1,
    LSTM: 1,
    Squeeze: 2,
    GRU: 1,
  });
  const odd = rnn({ cell: simpleRnnCell({ units: 4, activation: "swish" }) });
  strictEqual((await nodesOf(sequential([input({ shape: [5, 2] }), odd]))).ops.Scan, 1);
  const images = convLstm2d({ filters: 2, kernelSize: 3, padding: "same" });
  const { ops } = await nodesOf(sequential([input({ shape: [3, 6, 6, 2] }), images]));
  deepStrictEqual([ops.Scan, ops.Transpose], [1, 2]);
});

Deno.test("normalization is its operator where the opset has it", async () => {
  const net = sequential([
    input({ shape: [8, 8, 8] }),
    groupNormalization({ groups: 4 }),
    conv2d({ filters: 4, kernelSize: 3 }),
    rmsNormalization({}),
  ]);
  const newest = (await nodesOf(net, { opset: 23 })).ops;
  deepStrictEqual(newest, { Transpose: 2, GroupNormalization: 1, Conv: 1, RMSNormalization: 1 });
  const oldest = (await nodesOf(net, { opset: 13 })).ops;
  deepStrictEqual([oldest.GroupNormalization, oldest.RMSNormalization, oldest.Conv], [
    undefined,
    undefined,
    1,
  ]);
});

Deno.test("masks become lengths, whichever steps they leave out", async () => {
  const net = sequential([
    input({ shape: [null], dtype: "int32" }),
    embedding({ inputDim: 20, outputDim: 5, maskZero: true }),
    lstm({ units: 4, returnSequences: true }),
    bidirectional(gru({ units: 3 })),
  ]);
  const any = await nodesOf(net);
  deepStrictEqual([any.ops.LSTM, any.ops.GRU, any.ops.Scan, any.ops.TopK, any.ops.GatherND], [
    1,
    1,
    undefined,
    1,
    1,
  ]);
  ok(
    any.proto.graph?.node?.filter((n) => n.opType === "LSTM" || n.opType === "GRU").every((n) =>
      n.input?.[4] !== ""
    ),
  );
  const features = sequential([input({ shape: [6, 3] }), masking({ maskValue: 0 }), lstm({ units: 4 })]);
  strictEqual((await nodesOf(features)).ops.LSTM, 1);
});

Deno.test("where masks cut off ends alone, lengths are enough", async () => {
  const net = sequential([
    input({ shape: [7], dtype: "int32" }),
    embedding({ inputDim: 9, outputDim: 5, maskZero: true }),
    lstm({ units: 4, returnSequences: true, zeroOutputForMask: true }),
    lstm({ units: 3 }),
  ]);
  await inFolder(async (folder) => {
    const samples = await fittingSamples(net, { seed: 3, rightPadded: true });
    const write = { rightPadded: true };
    const made = await convertInto(net, `${folder}/m.onnx`, { source: "m", samples, write });
    ok(made.proof?.equal);
    const nodes = made.layers.flatMap((l) => l.nodes);
    deepStrictEqual([nodes.includes("TopK"), nodes.includes("GatherND")], [false, false]);
  });
});

Deno.test("states go in and come out by name, and the file says which is which", async () => {
  const net = sequential([
    input({ shape: [4, 2], batchSize: 2 }),
    lstm({ units: 3, stateful: true, name: "memory" }),
  ]);
  const { proto } = await nodesOf(net);
  const names = (list: readonly { name?: string }[] = []) => list.map((v) => v.name ?? "");
  const [, h = "", c = ""] = names(proto.graph?.input);
  deepStrictEqual(names(proto.graph?.output).slice(1), [`${h}/next`, `${c}/next`]);
  const said = JSON.parse(proto.metadataProps?.find((e) => e.key === "lapis.roles")?.value ?? "{}");
  deepStrictEqual(said.updates, { [`${h}/next`]: h, [`${c}/next`]: c });
  deepStrictEqual(said.inputs[h], "state");
  await inFolder(async (folder) => {
    await net.save(`${folder}/m.onnx`);
    using back = await loadModel(`${folder}/m.onnx`);
    const x = {
      [back.inputs[0]?.name ?? ""]: tensor(Float32Array.from({ length: 16 }, (_, i) => i / 8), [2, 4, 2]),
    };
    const [first, second] = [await back.run(x), await back.run(x)];
    ok(JSON.stringify(first) !== JSON.stringify(second), "the second call goes on from the first");
  });
});

Deno.test("an opset that lacks operators is refused with all of them", async () => {
  const more = await loadModel(path("tests/fixtures/keras-more/A_tv_model/model.keras"));
  await more.toBytes("onnx").then(
    () => ok(false),
    (error) => match(error.message, /lapis\.Tokens has no form in ONNX/),
  );
  const net = sequential([input({ shape: [3] }), dense({ units: 2 })]);
  await net.toBytes("onnx", { opset: 12 }).then(
    () => ok(false),
    (error) => match(error.message, /from 13 to 28/),
  );
});

Deno.test("a Reshape that keeps empty axes is written before opset 14 where it has none", async () => {
  const reshaped = (shape: number[]) => {
    const b = new GraphBuilder(registry, { name: "empty" });
    const x = b.input("x", tensorType("float32", [2, 3]));
    b.output("y", b.reshape(x, b.ints(shape), { allowzero: true }));
    return Model.fromGraph(b.build(), registry);
  };
  const { proto } = await nodesOf(reshaped([3, 2]), { opset: 13 });
  deepStrictEqual(proto.graph?.node?.[0]?.attribute ?? [], []);
  const b = new GraphBuilder(registry, { name: "empty" });
  b.output(
    "y",
    b.reshape(b.input("x", tensorType("float32", [0, 3])), b.ints([3, 0]), { allowzero: true }),
  );
  await Model.fromGraph(b.build(), registry).toBytes("onnx", { opset: 13 }).then(
    () => ok(false),
    (error) => match(error.message, /Reshape to an empty shape needs opset 14; 13 is written/),
  );
});

Deno.test("external data lies in a file beside, each tensor aligned", async () => {
  const net = sequential([input({ shape: [40] }), dense({ units: 30 }), dense({ units: 11 })]);
  await inFolder(async (folder) => {
    const samples = await fittingSamples(net);
    const made = await convertInto(net, `${folder}/m.onnx`, {
      source: "m",
      samples,
      write: { external: true },
    });
    deepStrictEqual(made.files.map((f) => f.name), ["m.onnx", "m.onnx.data"]);
    ok(made.proof?.equal);
    const proto = decodeModel(await Deno.readFile(`${folder}/m.onnx`));
    const outside = (proto.graph?.initializer ?? []).filter((t) => t.dataLocation === 1);
    strictEqual(outside.length, 2);
    for (const { externalData = [] } of outside) {
      const said = Object.fromEntries(externalData.map((e) => [e.key, e.value]));
      strictEqual(said.location, "m.onnx.data");
      strictEqual(Number(said.offset) % 64, 0);
    }
    using back = await loadModel(`${folder}/m.onnx`);
    deepStrictEqual([...back.weights.values()].map((t) => t.shape), [[40, 30], [30], [30, 11], [11]]);
    await net.toBytes("onnx", { external: true }).then(
      () => ok(false),
      (e) => match(e.message, /need a folder/),
    );
  });
});

Deno.test("a file that computes something else is not kept", async () => {
  const net = sequential([input({ shape: [3] }), dense({ units: 2 })], { seed: 1 });
  const other = sequential([input({ shape: [3] }), dense({ units: 2 })], { seed: 2 });
  const samples = await fittingSamples(net);
  const wrong = await prove(net, {
    outputs: other.outputs.map((o) => o.name),
    run: (x) => other.run(x),
    resetStates() {},
  }, samples);
  strictEqual(wrong.equal, false);
  match(wrong.runs[0]?.problem ?? "", /differs by .*; rounding explains/);
  await inFolder(async (folder) => {
    const forged: Model = Object.create(net, {
      save: { value: (file: string) => other.save(file) },
      layers: { value: net.layers },
    });
    for (const name of ["run", "graph", "resetStates"] as const) {
      Object.defineProperty(forged, name, {
        value: (...args: never[]) => (net[name] as (...a: never[]) => unknown)(...args),
      });
    }
    for (const name of ["inputs", "outputs", "registry"] as const) {
      Object.defineProperty(forged, name, { value: net[name] });
    }
    const made = await convertInto(forged, `${folder}/m.onnx`, { source: "m", samples, write: {} });
    strictEqual(made.proof?.equal, false);
    deepStrictEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("lapis convert: from Keras to ONNX and back to words", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/m.onnx`, made = await lapis("convert", sentiment, file, "--json");
    strictEqual(made.exit, 0, made.err);
    const said = JSON.parse(made.out);
    deepStrictEqual([said.equal, said.opset, said.irVersion, said.runs.length], [true, 21, 10, 4]);
    ok(
      said.layers.some((l: { className: string; nodes: string[] }) =>
        l.className === "Bidirectional" && l.nodes.includes("LSTM")
      ),
    );
    const ours = await lapis("predict", sentiment, "--text", "Enak, murah", "--json");
    const theirs = await lapis("predict", file, "--text", "Enak, murah", "--json");
    const best = ({ out }: { out: string }) => JSON.parse(out).outputs[0].classes[0];
    strictEqual(best(theirs).label, best(ours).label);
    strictEqual(best(theirs).label, "positive");
    const text = await lapis("convert", sentiment, file, "--opset", "17");
    match(text.out, /^bidirectional +Bidirectional +Cast ReduceSum .*(\n .*)*LSTM/m);
    match(text.out, /opset 17, IR 8/);
    deepStrictEqual(text.out.split("\n").filter((line) => line.length > 80), []);
    const newer = await lapis("convert", file, `${folder}/n.onnx`, "--opset", "23", "--json");
    deepStrictEqual([newer.exit, JSON.parse(newer.out).opset], [0, 23]);
  });
});

Deno.test("lapis convert: stored inputs, other formats, and what is refused", async () => {
  await inFolder(async (folder) => {
    const net = sequential([input({ shape: [3], name: "x" }), dense({ units: 2, activation: "tanh" })]);
    await net.save(`${folder}/a.keras`);
    await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor([[1, 2, 3], [-1, 0, 5]])));
    const stored = await lapis(
      "convert",
      `${folder}/a.keras`,
      `${folder}/a.onnx`,
      "--input",
      `${folder}/x.npy`,
      "--json",
    );
    strictEqual(JSON.parse(stored.out).runs[0].what, "stored input, 2 rows");
    for (const ending of [".h5", ".keras", ".weights.h5", ".safetensors"]) {
      const { exit, out, err } = await lapis("convert", `${folder}/a.keras`, `${folder}/b${ending}`);
      strictEqual(exit, 0, err);
      match(out, /^proved by /m);
    }
    const late = await lapis("convert", `${folder}/a.keras`, `${folder}/late.onnx`, "--opset", "28");
    strictEqual(late.exit, 3);
    match(
      late.err,
      /late\.onnx: opset 28 is not proved: .* reads up to \d+; take --opset \d+, or --no-verify/,
    );
    ok(!late.err.includes(".part"), late.err);
    const unproved = await lapis("convert", `${folder}/a.keras`, "-o", `${folder}/c.onnx`, "--no-verify");
    match(unproved.out, /not proved: --no-verify/);
    strictEqual((await lapis("convert", `${folder}/a.keras`)).exit, 2);
    strictEqual((await lapis("convert", `${folder}/a.keras`, `${folder}/a.keras`)).exit, 2);
    strictEqual((await lapis("convert", `${folder}/a.keras`, `${folder}/a.txt`)).exit, 2);
    strictEqual((await lapis("convert", `${folder}/a.keras`, `${folder}/a.h5`, "--opset", "17")).exit, 2);
    strictEqual((await lapis("convert", `${folder}/a.keras`, `${folder}/no/a.onnx`)).exit, 3);
    strictEqual((await lapis("convert", `${folder}/none.keras`, `${folder}/d.onnx`)).exit, 3);
    deepStrictEqual([...Deno.readDirSync(folder)].filter((f) => f.name.endsWith(".part")), []);
  });
});
