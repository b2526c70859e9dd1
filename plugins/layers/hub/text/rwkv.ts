/** Blocks of RWKV 7: a recurrence in place of attention, and a feed forward part over two steps. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../../core/network/layer.ts";
import { asFloat, inputAt, paramAt, scalarLike } from "../../../../core/ops/words.ts";
import { initializerField } from "../../shared/fields.ts";
import { bool, int } from "../../../../core/values/schema.ts";
import { at, dense, denseSpecs, type HubContext, norm, normSpecs, one, type Specs } from "../kit.ts";
import { hidden } from "../names.ts";
import { asColumn, asRow, overSteps } from "./deltarule.ts";

/** Options of {@link rwkv7BlockDef}, resolved. */
export interface Rwkv7BlockConfig {
  /** Features of input and output. */
  readonly hiddenSize: number;
  /** Features of a head. */
  readonly headSize: number;
  /** Units of the feed forward part. */
  readonly intermediateDim: number;
  /** Width of the gate's two factors. */
  readonly gateLora: number;
  /** Width of the factors that mix values with the first block's. */
  readonly mvLora: number;
  /** Width of the factors of the learning rates. */
  readonly aaaLora: number;
  /** Width of the factors of the decay. */
  readonly decayLora: number;
  /** It is the first block: its input is normalized, its values are those that later ones mix in. */
  readonly useInitialNorm: boolean;
  /** Fills all weights. */
  readonly kernelInitializer: InitializerSpec;
}
const mix = at("att"), first = at("ln0"), before = at("ln1"), between = at("ln2"), level = at("att/ln_x");
const [receptance, key, value, output] = ["receptance", "key", "value", "output_layer"].map((name) =>
  at(`att/${name}`)
) as [typeof mix, typeof mix, typeof mix, typeof mix];
const channel = at("ffn"), into = at("ffn/key"), out = at("ffn/value");
const epsilon = 1e-5, headEpsilon = 64e-5;

type Context = HubContext<Rwkv7BlockConfig>;
/** Each step's difference from the step before it, the first one's from zeros. */
function shifted(b: Builder, x: Value): Value {
  const padded = b.pad(x, b.ints([0, 1, 0, 0, 0, 0]), scalarLike(b, 0, x));
  const earlier = b.slice(padded, b.ints([0]), b.ints([-1]), b.ints([1]));
  return b.sub(earlier, x);
}
/** Heads to mean 0 and deviation 1, `[batch, steps, heads, size]`. */
function levelled(b: Builder, x: Value): Value {
  const axis = b.ints([-1]), mean = (v: Value) => b.reduceMean(v, axis, { keepdims: 1 });
  const off = b.sub(x, mean(x)), spread = mean(b.mul(off, off));
  return b.div(off, b.sqrt(b.add(spread, scalarLike(b, headEpsilon, x))));
}
/** The recurrence, and the values that later blocks mix in. */
function timeMix(
  { b, config: c, params }: Context,
  given: Value,
  mask: Value | undefined,
  values: Value | undefined,
): readonly [Value, Value] {
  const weightOf = (name: string) => paramAt(params, `${mix.name}.${name}`);
  const mul = (p: Value, q: Value) => b.mul(p, q),
    add = (p: Value, q: Value) => b.add(p, q);
  const x = mask ? mul(given, mask) : given, step = shifted(b, x), change = mask ? mul(step, mask) : step;
  const towards = (name: string) => add(x, mul(change, weightOf(`x_${name}`)));
  const through = (v: Value, name: string, act?: string) => {
    const inner = b.matMul(v, weightOf(`${name}1`));
    return b.matMul(act ? b.one(act, [inner]) : inner, weightOf(`${name}2`));
  };
  const rate = b.sigmoid(add(weightOf("a0"), through(towards("a"), "a")));
  const decay = add(weightOf("w0"), through(towards("w"), "w", "Tanh"));
  const log = b.sub(b.neg(b.softplus(b.neg(decay))), scalarLike(b, 0.5, x));
  const slow = mask ? b.where(b.greater(mask, scalarLike(b, 0, mask)), log, scalarLike(b, -1e9, x)) : log;
  let own = dense(b, towards("v"), params, value);
  const kept = c.useInitialNorm || !values ? own : values;
  if (!c.useInitialNorm && values) {
    const share = b.sigmoid(add(weightOf("v0"), through(towards("v"), "v")));
    own = add(own, mul(b.sub(values, own), share));
  }
  const count = c.hiddenSize / c.headSize, size = c.headSize;
  const heads = (v: Value) => b.reshape(v, b.ints([0, 0, count, size]));
  const plain = dense(b, towards("k"), params, key), raw = heads(mul(plain, weightOf("k_k")));
  const square = b.reduceSum(mul(raw, raw), b.ints([-1]), { keepdims: 1 });
  const length = b.sqrt(add(square, scalarLike(b, 1e-12, x)));
  const unit = b.div(raw, length);
  const less = mul(b.sub(rate, scalarLike(b, 1, x)), weightOf("k_a"));
  const keys = heads(mul(plain, add(less, scalarLike(b, 1, x))));
  const asked = heads(dense(b, towards("r"), params, receptance)), learned = heads(own);
  const fade = b.exp(b.neg(b.exp(heads(slow))));
  const removed = b.neg(unit), restored = mul(unit, heads(rate));
  const seen = overSteps(
    b,
    [asked, fade, keys, learned, removed, restored],
    [count, size, size],
    (inner, state, now) => {
      const [r, w, k, v, a, e] = now as [Value, Value, Value, Value, Value, Value];
      const forgot = inner.matMul(inner.matMul(state, asColumn(inner, a)), asRow(inner, e));
      const learnt = inner.matMul(asColumn(inner, v), asRow(inner, k));
      const held = inner.add(inner.mul(state, asRow(inner, w)), forgot);
      const next = inner.add(held, learnt);
      const y = inner.squeeze(inner.matMul(next, asColumn(inner, r)), inner.ints([3]));
      return { state: next, output: y };
    },
  );
  const flat = (v: Value) => b.reshape(v, b.ints([0, 0, c.hiddenSize]));
  const even = add(
    mul(flat(levelled(b, seen)), paramAt(params, `${level.name}.gamma`)),
    paramAt(params, `${level.name}.beta`),
  );
  const match = b.reduceSum(mul(mul(asked, keys), weightOf("r_k")), b.ints([-1]), { keepdims: 1 });
  const gate = through(towards("g"), "g", "Sigmoid");
  return [dense(b, mul(add(even, flat(mul(match, learned))), gate), params, output), kept];
}
/** A block of RWKV 7 (Peng et al. 2025), `[batch, steps, features]`, shape unchanged; and the values for later blocks. */
export const rwkv7BlockDef: LayerDef<Rwkv7BlockConfig> = {
  kind: "layer",
  name: "RWKV7_Block",
  mask: "consume",
  config: {
    hiddenSize: int({ min: 1 }),
    headSize: int({ min: 1 }),
    intermediateDim: int({ min: 1 }),
    gateLora: int({ min: 1, default: 128 }),
    mvLora: int({ min: 1, default: 32 }),
    aaaLora: int({ min: 1, default: 64 }),
    decayLora: int({ min: 1, default: 64 }),
    useInitialNorm: bool({ default: false }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
  },
  params(c): Specs {
    const { hiddenSize: size, kernelInitializer: init } = c;
    const own = (name: string, ...shape: readonly number[]) => one(mix, name, shape, init);
    const factors = (name: string, width: number) => ({
      ...own(`${name}0`, size),
      ...own(`${name}1`, size, width),
      ...own(`${name}2`, width, size),
    });
    const through = (place: typeof mix) => denseSpecs(place, [size, size], init);
    return {
      ...(c.useInitialNorm && normSpecs(first, size)),
      ...normSpecs(before, size),
      ...normSpecs(between, size),
      ...Object.assign({}, ...["r", "w", "k", "v", "a", "g"].map((name) => own(`x_${name}`, size))),
      ...factors("w", c.decayLora),
      ...factors("a", c.aaaLora),
      ...(!c.useInitialNorm && factors("v", c.mvLora)),
      ...own("g1", size, c.gateLora),
      ...own("g2", c.gateLora, size),
      ...own("k_k", size),
      ...own("k_a", size),
      ...own("r_k", size / c.headSize, c.headSize),
      ...through(receptance),
      ...through(key),
      ...through(value),
      ...through(output),
      ...normSpecs(level, size),
      ...one(channel, "x_k", [size], init),
      ...denseSpecs(into, [size, c.intermediateDim], init),
      ...denseSpecs(out, [c.intermediateDim, size], init),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context;
    const given = asFloat(b, inputAt(inputs, 0));
    const x = c.useInitialNorm ? norm(b, given, params, first, epsilon) : given;
    const real = values.paddingMask;
    const mask = real && b.unsqueeze(asFloat(b, real), b.ints([2]));
    const [mixed, kept] = timeMix(context, norm(b, x, params, before, epsilon), mask, values.vFirst);
    const middle = b.add(x, mixed), even = norm(b, middle, params, between, epsilon);
    const seen = mask ? b.mul(even, mask) : even;
    const change = b.mul(shifted(b, seen), paramAt(params, `${channel.name}.x_k`));
    const inner = b.relu(dense(b, b.add(seen, change), params, into));
    const y = dense(b, b.mul(inner, inner), params, out);
    return [b.add(middle, y), kept];
  },
  keras: hidden("RWKV7_Block", { call: ["x", "v_first", "padding_mask"] }),
};
