/** Random graphs around loops: Scan, Loop, If and recurrent nodes, nested, over values of every order and role. @module */
import { GraphBuilder, type Nested } from "../../core/graph/builder.ts";
import { gradient, inputsInto } from "../../core/graph/differentiate.ts";
import { LapisError } from "../../core/values/errors.ts";
import { replay } from "../../core/graph/gradient.ts";
import { type Graph, type Role, typeOf, type Value } from "../../core/graph/graph.ts";
import { asTensor, type Dim, sameDim, tensorType } from "../../core/values/shape.ts";
import { sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";
import { Dice, type DiceType, fitsInto, isFloat32, numbersOf, sameShape, shapeOf } from "./dice.ts";
import { graphOf, registry } from "./engines.ts";
import { randomOperator } from "./loopsteps.ts";

/** A graph with values for two runs of it, the second of other sizes, and weights to write between two runs. */
export interface LoopCase {
  readonly graph: Graph;
  readonly feeds: readonly Readonly<Record<string, Tensor>>[];
  readonly writes: Readonly<Record<string, Tensor>>;
  /** Whether values without elements may be in it: onnxruntime's process ends in some loops over those. */
  readonly empty: boolean;
}

/** Makes one graph from a seed. */
class Maker {
  readonly dice: Dice;
  /** Sizes of the symbols in each run. */
  readonly sizes: Readonly<Record<string, number>>[];
  readonly feeds: Record<string, Tensor>[] = [{}, {}];
  readonly writes: Record<string, Tensor> = {};
  #inputs = 0;
  readonly empty: boolean;
  /** Nodes that may still be made. */
  budget: number;

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.empty = seed % 4 === 0;
    const none = this.empty ? [0, 0] : [];
    this.sizes = [0, 1].map(() => ({
      n: this.dice.among([...none, 1, 2, 3, 3, 5]),
      t: this.dice.among([...none, 1, 2, 3, 4, 7]),
    }));
    this.budget = 4 + this.dice.below(24);
  }
  /** An outer value: data, a constant or a weight. */
  source(b: GraphBuilder, shape: readonly Dim[], dtype: DiceType = "float32"): Value {
    const fixed = shape.every((d) => typeof d === "number");
    const role: Role = fixed ? this.dice.among<Role>(["data", "data", "constant", "parameter"]) : "data";
    const name = `x${this.#inputs++}`, type = tensorType(dtype, shape);
    const of = (run: number) =>
      this.dice.numbers(
        shape.map((d) => typeof d === "number" ? d : this.sizes[run]?.[String(d)] ?? 1),
        dtype,
      );
    if (role === "constant") return b.constant(of(0), name);
    if (role === "parameter") {
      this.writes[name] = of(0);
      return b.input(name, type, role, of(0));
    }
    this.feeds.forEach((feed, run) => feed[name] = of(run));
    return b.input(name, type);
  }

  /** A few steps over a pool of values, to which each adds its result. */
  steps(b: GraphBuilder, pool: Value[], depth: number, count: number): void {
    for (let i = 0; i < count && this.budget > 0; i++) {
      this.budget--;
      const made = this.step(b, pool, depth);
      pool.push(...made);
    }
  }
  step(b: GraphBuilder, pool: Value[], depth: number): readonly Value[] {
    const roll = this.dice.roll();
    if (depth < 3 && roll < 0.12) return this.scan(b, pool, depth);
    if (depth < 2 && roll < 0.15) return this.loop(b, pool, depth);
    if (depth < 2 && roll < 0.18) return this.choice(b, pool, depth);
    if (roll < 0.22) return this.recurrent(b, pool);
    const x = this.dice.floats(pool);
    if (!x) return [];
    try {
      const y = randomOperator(this.dice, b, pool, x);
      return y ? [y] : [];
    } catch (error) {
      // A shape that doesn't fit is another throw of the dice.
      if ((error as Error).name === "ShapeError") return [];
      throw error;
    }
  }

  /** A value of a type out of a pool, made to fit where none does. */
  fitting(b: GraphBuilder, pool: readonly Value[], like: Value, own: readonly Value[]): Value {
    const wanted = shapeOf(like), { dtype } = asTensor(like.type);
    const equal = pool.filter((v) => asTensor(v.type).dtype === dtype && sameShape(shapeOf(v), wanted));
    const later = equal.filter((v) => !own.includes(v));
    if (dtype !== "float32") return equal.at(-1) ?? like;
    const roll = this.dice.roll();
    if (roll < 0.12) return this.dice.among(own.filter((v) => sameShape(shapeOf(v), wanted) && isFloat32(v)));
    if (roll < 0.5 && later.length > 0) return this.dice.among(later);
    if (roll < 0.75) {
      // The same elements in another order: a permutation or a reshape.
      const turned = pool.flatMap((v) => {
        const shape = shapeOf(v);
        if (!isFloat32(v) || shape.length !== wanted.length || shape.length < 2) return [];
        const perm = this.dice.order(shape.length);
        return sameShape(perm.map((p) => shape[p] ?? 0), wanted) && perm.some((p, i) => p !== i)
          ? [{ v, perm }]
          : [];
      });
      if (turned.length > 0) {
        const { v, perm } = this.dice.among(turned);
        return b.transpose(v, { perm });
      }
      const numbers = numbersOf(like), n = numbers && sizeOf(numbers);
      const reshaped = numbers &&
        pool.filter((v) => isFloat32(v) && numbersOf(v) && sizeOf(numbersOf(v) ?? []) === n);
      if (numbers && reshaped && reshaped.length > 0 && n !== 0) {
        return b.reshape(this.dice.among(reshaped), b.ints(numbers));
      }
    }
    const other = this.dice.floats(pool, (v) => fitsInto(v, like)) ?? like;
    const sum = b.add(b.mul(like, b.scalar(0.6)), other);
    return this.dice.chance(0.5) ? b.tanh(sum) : sum;
  }
  /** What a nested graph sees: its own inputs, some values around it, perhaps constants. */
  inside(b: GraphBuilder, own: readonly Value[], around: readonly Value[]): Value[] {
    const seen = around.filter(() => this.dice.chance(0.4)).slice(-6);
    return [
      ...seen,
      ...(this.dice.chance(0.3) ? [this.dice.constant(b, this.dice.shape(1, 3))] : []),
      ...own,
    ];
  }

  /** Sequences of one length, each with its axis of steps: of the pool or new ones. */
  sequences(b: GraphBuilder, pool: readonly Value[], depth: number): { value: Value; axis: number }[] {
    const time: Dim = depth === 0 && this.dice.chance(0.4)
      ? "t"
      : this.dice.among([...(this.empty ? [0] : []), 1, 2, 3, 4]);
    return Array.from({ length: 1 + this.dice.below(2) }, () => {
      const known = pool.filter((v) => isFloat32(v) && shapeOf(v).some((d) => sameDim(d, time)));
      if (known.length > 0 && this.dice.chance(0.6)) {
        const value = this.dice.among(known);
        return { value, axis: shapeOf(value).findIndex((d) => sameDim(d, time)) };
      }
      const shape: Dim[] = this.dice.shape(0, 3);
      if (this.dice.chance(0.2) && depth === 0) shape.unshift("n");
      const axis = this.dice.below(shape.length + 1);
      shape.splice(axis, 0, time);
      return { value: this.start(b, shape, depth), axis };
    });
  }
  /** A value from outside; inside of loops a constant. */
  start(b: GraphBuilder, shape: readonly Dim[], depth: number): Value {
    return depth === 0 ? this.source(b, shape) : this.dice.constant(b, shape.map(Number));
  }
  scan(b: GraphBuilder, pool: Value[], depth: number): readonly Value[] {
    const sequences = this.sequences(b, pool, depth);
    const states = this.starts(b, pool, depth);
    const steps = sequences.map(({ value, axis }) => shapeOf(value).toSpliced(axis, 1));
    let results = 0;
    const body = b.nested("body", [
      ...states.map((v, i) => ({ name: `s${i}`, type: v.type })),
      ...steps.map((shape, i) => ({ name: `e${i}`, type: tensorType("float32", shape) })),
    ], (inner, given) => {
      const own = given.slice(0, states.length), seen = this.inside(inner, given, pool);
      this.steps(inner, seen, depth + 1, 1 + this.dice.below(6));
      const next = own.map((s) => this.advance(inner, seen, s, own));
      const outs = Array.from(
        { length: (states.length === 0 ? 1 : 0) + this.dice.below(3) },
        () => this.dice.among(this.dice.chance(0.3) ? [...next, ...seen] : seen),
      );
      results = outs.length;
      return [...next, ...outs];
    });
    const turn = () => (this.dice.chance(0.3) ? 1 : 0);
    const rank = (i: number) =>
      (asTensor(body.graph.types[body.graph.outputs[states.length + i]?.id ?? 0]).shape ?? []).length;
    return b.scanOp([...states, ...sequences.map((x) => x.value), ...body.captures], {
      num_scan_inputs: sequences.length,
      scan_input_axes: sequences.map(({ value, axis }) =>
        this.dice.chance(0.3) ? axis - shapeOf(value).length : axis
      ),
      scan_input_directions: sequences.map(turn),
      scan_output_axes: Array.from({ length: results }, (_, i) => this.dice.below(rank(i) + 1)),
      scan_output_directions: Array.from({ length: results }, turn),
      captures: body.captures.length,
    }, { graphs: { body: body.graph }, outputs: states.length + results });
  }
  /** First values of states: of the pool, new ones, rarely counters. */
  starts(b: GraphBuilder, pool: readonly Value[], depth: number): Value[] {
    const made: Value[] = [];
    for (let i = this.dice.below(4); i > 0; i--) {
      const like = this.dice.floats(pool);
      // A square one can be turned in place.
      const side = this.dice.dim(),
        shape = this.dice.chance(0.4) ? [...this.dice.shape(0, 1), side, side] : this.dice.shape(0, 4);
      const roll = this.dice.roll();
      if (like && roll < 0.5) made.push(like);
      else if (roll < 0.58) made.push(b.constant(tensor([this.dice.below(3)], [], "int64")));
      else if (roll < 0.64 && depth === 0) made.push(this.source(b, this.dice.shape(0, 2), "bool"));
      else made.push(this.start(b, shape, depth));
    }
    return made;
  }
  /** A state's successor. */
  advance(b: GraphBuilder, pool: readonly Value[], state: Value, own: readonly Value[]): Value {
    const { dtype } = asTensor(state.type);
    if (dtype === "int64") return b.add(state, b.scalar(1, "int64"));
    if (dtype === "bool") return b.not(state);
    return this.fitting(b, pool, state, own);
  }

  loop(b: GraphBuilder, pool: Value[], depth: number): readonly Value[] {
    const states = this.starts(b, pool, depth),
      trips = this.empty ? this.dice.below(4) : 1 + this.dice.below(3);
    let results = 0;
    const body = b.nested("body", [
      { name: "i", type: tensorType("int64", []) },
      { name: "go", type: tensorType("bool", []) },
      ...states.map((v, i) => ({ name: `s${i}`, type: v.type })),
    ], (inner, [i, go, ...own]) => {
      if (!i || !go) return [];
      const seen = this.inside(inner, [inner.cast(i, { to: 1 }), ...own], pool);
      this.steps(inner, seen, depth + 1, 1 + this.dice.below(4));
      const next = own.map((s) => this.advance(inner, seen, s, own));
      const outs = Array.from({ length: this.dice.below(2) }, () => this.dice.among(seen));
      results = outs.length;
      const goes = this.dice.chance(0.5) ? go : inner.less(i, inner.scalar(1, "int64"));
      return [inner.identity(goes), ...next, ...outs];
    });
    const most = this.dice.chance(0.5)
      ? b.constant(tensor([trips], [], "int64"))
      : depth === 0 && this.empty
      ? this.source(b, [], "int64")
      : b.scalar(trips, "int64");
    return b.loop(
      [most, b.scalar(!this.empty || !this.dice.chance(0.2), "bool"), ...states, ...body.captures],
      { captures: body.captures.length },
      {
        graphs: { body: body.graph },
        outputs: states.length + results,
      },
    );
  }
  choice(b: GraphBuilder, pool: Value[], depth: number): readonly Value[] {
    const x = this.dice.floats(pool);
    if (!x) return [];
    const test = depth === 0 && this.dice.chance(0.5)
      ? this.source(b, [], "bool")
      : b.scalar(this.dice.chance(0.5), "bool");
    const branch = (name: string): Nested =>
      b.nested(name, [], (inner) => {
        const seen = this.inside(inner, [inner.identity(x)], pool);
        this.steps(inner, seen, depth + 1, 1 + this.dice.below(4));
        return [this.fitting(inner, seen, x, [x])];
      });
    const { graphs: [first, second], captures } = b.alignCaptures([branch("yes"), branch("no")]);
    if (!first || !second) return [];
    return b.if([test, ...captures], { captures: captures.length }, {
      graphs: { then_branch: first, else_branch: second },
    });
  }
  recurrent(b: GraphBuilder, pool: Value[]): readonly Value[] {
    const x = this.dice.floats(pool, (v) => shapeOf(v).length === 3 && typeof shapeOf(v)[2] === "number");
    if (!x) return [];
    const [, batch = 1, features] = shapeOf(x), hidden = this.dice.among([1, 2, 3, 4]);
    const op = this.dice.among(["LSTM", "GRU", "RNN"]), gates = { LSTM: 4, GRU: 3, RNN: 1 }[op] ?? 1;
    const direction = this.dice.among(["forward", "reverse", "bidirectional"]),
      d = direction === "bidirectional" ? 2 : 1;
    const w = this.dice.constant(b, [d, gates * hidden, Number(features)]),
      r = this.dice.constant(b, [d, gates * hidden, hidden]);
    const bias = this.dice.chance(0.5) ? this.dice.constant(b, [d, 2 * gates * hidden]) : undefined;
    const start = typeof batch === "number" && this.dice.chance(0.5)
      ? this.dice.constant(b, [d, batch, hidden])
      : undefined;
    const outs = b.op(op, [x, w, r, bias, undefined, start], {
      hidden_size: hidden,
      direction,
      ...(op === "GRU" && { linear_before_reset: this.dice.below(2) }),
    });
    return outs.filter(() => this.dice.chance(0.7));
  }

  make(): LoopCase {
    const graph = graphOf((b) => {
      const pool: Value[] = [];
      for (let i = 1 + this.dice.below(4); i > 0; i--) {
        const shape: Dim[] = this.dice.shape(0, 4);
        if (this.dice.chance(0.2)) shape.unshift("n");
        if (this.dice.chance(0.2)) shape.unshift("t");
        pool.push(this.source(b, shape));
      }
      // A weight, a slot or a state that every run replaces.
      const carried = Array.from({ length: this.dice.below(3) }, (_, i) => {
        const side = this.dice.dim(), shape = this.dice.chance(0.5) ? [side, side] : this.dice.shape(0, 4);
        const role = this.dice.among<Role>(["parameter", "slot", "state", "statistic"]),
          value = this.dice.numbers(shape);
        const v = b.input(`carried${i}`, tensorType("float32", shape), role, value);
        pool.push(v);
        return v;
      });
      pool.push(...this.scan(b, pool, 0));
      this.steps(b, pool, 0, 30);
      pool.push(...this.scan(b, pool, 0));
      carried.forEach((v, i) =>
        b.output(`carried${i}_next`, this.fitting(b, pool, v, carried), `carried${i}`)
      );
      const outs = pool.slice(-8).filter(() => this.dice.chance(0.6));
      (outs.length === 0 ? pool.slice(-1) : outs).forEach((v, i) => b.output(`y${i}`, v));
    });
    const read = new Set(graph.inputs.map((i) => i.name));
    const only = (values: Record<string, Tensor>) =>
      Object.fromEntries(Object.entries(values).filter(([k]) => read.has(k)));
    return { graph, feeds: this.feeds.map(only), writes: only(this.writes), empty: this.empty };
  }
}

/** The graph with the gradients of the sum of its float outputs, where every operator has one. */
function withGradients(graph: Graph): Graph {
  const b = new GraphBuilder(registry, { name: "with loss" }), values = inputsInto(b, graph);
  replay(b, graph, values);
  const results = graph.outputs.map((o) => ({ ...o, value: values.get(o.id) }));
  for (const { name, value, updates } of results) if (value) b.output(name, value, updates);
  const sums = results.flatMap(({ value }) =>
    value && isFloat32(value) ? [b.reduceSum(b.sin(value), { keepdims: 0 })] : []
  );
  b.output("loss", sums.length > 1 ? b.sum(sums) : sums[0] ?? b.scalar(0));
  const wanted = graph.inputs.filter(({ id, role }) =>
    role !== "constant" && asTensor(typeOf(graph, id)).dtype === "float32"
  );
  try {
    return gradient(b.build(), "loss", wanted.map((i) => i.name), registry);
  } catch (error) {
    if (error instanceof LapisError) return graph;
    throw error;
  }
}

/** The graph of a seed; every third one with gradients. */
export function loopCase(seed: number): LoopCase {
  const made = new Maker(seed).make();
  return seed % 3 === 1 ? { ...made, graph: withGradients(made.graph) } : made;
}
