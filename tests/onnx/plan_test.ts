/** The hard parts of planning, on both engines: shapes that only running tells, loops that grow, many lengths, states. */
import assert from "node:assert/strict";
import { tensorType } from "../../core/values/shape.ts";
import { isTensor, scalar, tensor } from "../../core/values/tensor.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { compile, difference, engines, graphOf, normal, tensorOf } from "../support/engines.ts";

for (const engine of engines) {
  const name = (text: string) => `${engine.name}: ${text}`;

  Deno.test(name("NonZero feeds a Gather, whose size only running tells"), async () => {
    const graph = graphOf((b) => {
      const x = b.input("x", tensorType("float32", ["n"]));
      const doubled = b.mul(x, b.scalar(2));
      const kept = b.squeeze(b.nonZero(b.relu(x)), b.ints([0]));
      const rows = b.gather(doubled, kept);
      b.output("y", b.add(rows, b.scalar(1)));
    });
    using session = await compile(engine, graph);
    const first = tensorOf((await session.run({ x: tensor([1, -2, 3, 0, 5]) }))["y"]);
    assert.deepEqual([...first.data], [3, 7, 11]);
    const second = tensorOf((await session.run({ x: tensor([-1, -2]) }))["y"]);
    assert.deepEqual(second.shape, [0]);
    const third = tensorOf((await session.run({ x: tensor([4, 4, 4]) }))["y"]);
    assert.deepEqual([...third.data], [9, 9, 9]);
  });

  Deno.test(name("a Loop's value grows with every trip"), async () => {
    const graph = graphOf((b) => {
      const trips = b.input("trips", tensorType("int64", []));
      const start = b.input("start", tensorType("float32", ["n"]));
      const body = b.nested("body", [
        { name: "i", type: tensorType("int64", []) },
        { name: "go", type: tensorType("bool", []) },
        { name: "grown", type: tensorType("float32", [{ unknown: -1 }]) },
      ], (inner, [i, go, grown]) => {
        const next = inner.unsqueeze(inner.cast(i, { to: 1 }), inner.ints([0]));
        return [go, inner.concat([grown, next], { axis: 0 })].filter((v) => v !== undefined);
      });
      const [grown] = b.loop([trips, b.scalar(true, "bool"), start, ...body.captures], {
        captures: body.captures.length,
      }, { graphs: { body: body.graph }, outputs: 1 });
      if (grown) b.output("y", b.mul(grown, b.scalar(10)));
    });
    using session = await compile(engine, graph);
    for (const trips of [0, 1, 4]) {
      const y = tensorOf((await session.run({ trips: scalar(trips, "int64"), start: tensor([7]) }))["y"]);
      assert.deepEqual([...y.data], [70, ...Array.from({ length: trips }, (_, i) => 10 * i)]);
    }
  });

  Deno.test(name("the branches of an If have unequal shapes"), async () => {
    const graph = graphOf((b) => {
      const flag = b.input("flag", tensorType("bool", []));
      const x = b.input("x", tensorType("float32", [2, 3]));
      const yes = b.nested("yes", [], (inner) => [inner.reduceSum(x, { keepdims: 1 })]);
      const no = b.nested("no", [], (inner) => [inner.neg(x)]);
      const { graphs: [thenBranch, elseBranch], captures } = b.alignCaptures([yes, no]);
      if (!thenBranch || !elseBranch) throw new Error("no branches");
      const [y] = b.if([flag, ...captures], { captures: captures.length }, {
        graphs: { then_branch: thenBranch, else_branch: elseBranch },
        outputs: 1,
      });
      if (y) b.output("y", b.add(y, b.scalar(1)));
    });
    using session = await compile(engine, graph);
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const yes = tensorOf((await session.run({ flag: scalar(true), x }))["y"]);
    const no = tensorOf((await session.run({ flag: scalar(false), x }))["y"]);
    assert.deepEqual([yes.shape, [...yes.data]], [[1, 1], [22]]);
    assert.deepEqual([no.shape, [...no.data]], [[2, 3], [0, -1, -2, -3, -4, -5]]);
  });

  Deno.test(name("a sequence is built, indexed and handed out"), async () => {
    const graph = graphOf((b) => {
      const x = b.input("x", tensorType("float32", ["n"]));
      const squared = b.mul(x, x);
      const sequence = b.sequenceConstruct([x, squared]);
      const second = b.sequenceAt(sequence, b.scalar(1, "int64"));
      b.output("sequence", sequence);
      b.output("y", b.add(second, b.scalar(1)));
    });
    using session = await compile(engine, graph);
    const out = await session.run({ x: tensor([1, 2, 3]) });
    assert.deepEqual([...tensorOf(out["y"]).data], [2, 5, 10]);
    const sequence = out["sequence"];
    assert.ok(sequence && !isTensor(sequence) && sequence.kind === "sequence");
    assert.deepEqual(sequence.items.map((t) => [...tensorOf(t).data]), [[1, 2, 3], [1, 4, 9]]);
  });

  Deno.test(name("fifty sequence lengths through one LSTM take at most two compilations"), async () => {
    const hidden = 6, features = 4;
    const graph = lstmGraph(features, hidden);
    using session = await compile(engine, graph);
    const reference = await compile(engines[1] ?? engine, graph);
    for (let time = 1; time <= 50; time++) {
      const x = normal([2, time, features], time);
      const got = tensorOf((await session.run({ x }))["y"]);
      const want = tensorOf((await reference.run({ x }))["y"]);
      assert.deepEqual(got.shape, [time, 1, 2, hidden]);
      // |h| < 1; each step rounds about ten float32 operations, and errors shrink through the gates.
      assert.ok(difference(got, want) < 4e-6, `length ${time}: ${difference(got, want)}`);
    }
    assert.ok(session.compilations <= 2);
  });

  Deno.test(name("a state carries over, is read, reset, and belongs to its session"), async () => {
    const graph = graphOf((b) => {
      const x = b.input("x", tensorType("float32", ["batch", 2]));
      const total = b.input("total", tensorType("float32", ["batch", 2]), "state");
      const next = b.add(total, x);
      b.output("y", b.mul(next, b.scalar(2)));
      b.output("next", next, "total");
    });
    using one = await compile(engine, graph);
    using two = await compile(engine, graph);
    const x = tensor([[1, 2]]);
    await one.run({ x });
    const second = tensorOf((await one.run({ x }))["y"]);
    const other = tensorOf((await two.run({ x }))["y"]);
    assert.deepEqual([...second.data], [4, 8]);
    assert.deepEqual([...other.data], [2, 4]);
    assert.deepEqual([...(await one.read("total")).data], [2, 4]);
    one.resetStates();
    assert.deepEqual([...tensorOf((await one.run({ x }))["y"]).data], [2, 4]);
  });

  Deno.test(name("a written weight reaches packed copies before the next run"), async () => {
    const graph = graphOf((b) => {
      const x = b.input("x", tensorType("float32", ["batch", 3]));
      const w = b.input("w", tensorType("float32", [2, 3]), "parameter", tensor([[1, 0, 0], [0, 1, 0]]));
      b.output("y", b.matMul(x, b.transpose(w, { perm: [1, 0] })));
    });
    using session = await compile(engine, graph);
    const x = tensor([[1, 2, 3]]);
    assert.deepEqual([...tensorOf((await session.run({ x }))["y"]).data], [1, 2]);
    session.write("w", tensor([[0, 0, 1], [1, 1, 1]]));
    assert.deepEqual([...tensorOf((await session.run({ x }))["y"]).data], [3, 6]);
    assert.throws(() => session.write("w", tensor([1, 2])), /expected float32\[2, 3\], got float32\[2\]/);
  });

  Deno.test(name("wrong inputs are refused by name"), async () => {
    const graph = lstmGraph(4, 3);
    using session = await compile(engine, graph);
    await assert.rejects(session.run({}), /input "x" is missing/);
    await assert.rejects(
      session.run({ x: tensor([1, 2]) }),
      /expected float32\[batch, time, 4\], got float32\[2\]/,
    );
    await assert.rejects(session.run({ x: normal([1, 2, 5], 1) }), /axis 2/);
    await assert.rejects(session.run({ x: normal([1, 2, 4], 1), z: tensor([1]) }), /unknown input "z"/);
  });
}

function lstmGraph(features: number, hidden: number): Graph {
  return graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", "time", features]));
    const weight = (n: string, shape: number[], seed: number) =>
      b.input(n, tensorType("float32", shape), "parameter", normal(shape, seed, 0.3));
    const turned = b.transpose(x, { perm: [1, 0, 2] });
    const y = b.lstm(
      turned,
      weight("W", [1, 4 * hidden, features], 1),
      weight("R", [1, 4 * hidden, hidden], 2),
      weight("B", [1, 8 * hidden], 3),
      { hidden_size: hidden },
    )[0];
    b.output("y", y);
  });
}
