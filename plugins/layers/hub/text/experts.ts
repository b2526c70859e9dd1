/** Mixtures of experts: every token goes through the few feed forward parts that a router finds best for it. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec } from "../../../../core/network/layer.ts";
import { activate, cast, range, shapeVector, sizeAt } from "../../../../core/ops/words.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { at, dense, denseSpecs, gated, type HubContext, one, type Place, type Specs } from "../kit.ts";

/** How a router shares tokens out. */
export interface Sharing {
  /** How many experts a token goes through. */
  readonly topK: number;
  /** Their shares sum to 1. */
  readonly normalized: boolean;
  /** Shares are a softmax over the best scores alone. */
  readonly bestAlone?: boolean;
}
/** Shares of the experts, `[tokens, experts]`, out of scores of that shape: 0 but for the best. */
export function sharesOf(b: Builder, scores: Value, o: Sharing): Value {
  const of = o.bestAlone ? scores : b.softmax(scores, { axis: -1 });
  const [best, index] = b.topK(of, b.ints([o.topK]), { axis: -1 });
  let shares = best as Value;
  if (o.bestAlone) shares = b.softmax(shares, { axis: -1 });
  else if (o.normalized) {
    shares = b.div(shares, b.reduceSum(shares, b.ints([-1]), { keepdims: 1 }));
  }
  const experts = b.ints(range(0, sizeAt(scores.type, -1)));
  const chosen = b.equal(b.unsqueeze(index as Value, b.ints([-1])), experts);
  const spread = b.mul(cast(b, chosen, "float32"), b.unsqueeze(shares, b.ints([-1])));
  return b.reduceSum(spread, b.ints([1]), { keepdims: 0 });
}
/** `[batch, steps, features]` as `[tokens, features]`. */
export function tokensOf(b: Builder, x: Value): Value {
  return b.reshape(x, b.ints([-1, sizeAt(x.type, -1)]));
}
/** And back to the shape of x. */
export function likeSteps(b: Builder, tokens: Value, x: Value): Value {
  const shape = shapeVector(b, x, [{ axis: 0 }, { axis: 1 }, sizeAt(tokens.type, -1)]);
  return b.reshape(tokens, shape);
}
/** What experts give, `[experts, tokens, features]`, by their shares `[tokens, experts]`: `[tokens, features]`. */
export function weighed(b: Builder, given: Value, shares: Value): Value {
  const factors = b.unsqueeze(b.transpose(shares, { perm: [1, 0] }), b.ints([-1]));
  return b.reduceSum(b.mul(given, factors), b.ints([0]), { keepdims: 0 });
}

/** A bank of gated experts, whose gates and ways up lie in one array or in two. */
export interface Bank {
  /** Where the router's kernel lies. */
  readonly router: Place;
  /** Where the experts lie. */
  readonly experts: Place;
  /** Gate and way up are halves of one array. */
  readonly joined: boolean;
}
/** Its weights. */
export function bankSpecs(
  bank: Bank,
  count: number,
  [features, units]: readonly [number, number],
  init: InitializerSpec,
): Specs {
  const array = (name: string, ...shape: readonly number[]) =>
    one(bank.experts, `expert_feedforward_${name}_dense`, [count, ...shape], init);
  return {
    ...denseSpecs(bank.router, [features, count], init),
    ...array("gate", features, bank.joined ? 2 * units : units),
    ...(!bank.joined && array("intermediate", features, units)),
    ...array("output", units, features),
  };
}
/** Tokens `[tokens, features]` through the best experts of a bank. */
export function throughBank<C>(
  { b, params }: HubContext<C>,
  tokens: Value,
  bank: Bank,
  o: Sharing & { readonly activation: ActivationSpec },
): Value {
  const shares = sharesOf(b, dense(b, tokens, params, bank.router), o);
  const part = (name: string) => {
    const own = params[`${bank.experts.name}.expert_feedforward_${name}_dense`];
    return own as Value;
  };
  const [gate, up] = bank.joined
    ? b.split(b.matMul(tokens, part("gate")), { axis: -1, num_outputs: 2 })
    : [b.matMul(tokens, part("gate")), b.matMul(tokens, part("intermediate"))];
  const opened = b.mul(up as Value, activate(b, o.activation, gate as Value));
  return weighed(b, b.matMul(opened, part("output")), shares);
}

/** Where a gated part lies below `group`. */
export function gatedPlaces(group: string): readonly [Place, Place, Place] {
  const part = (name: string) => at(`${group}/_feedforward_${name}_dense`);
  return [part("gate"), part("intermediate"), part("output")];
}
/** Its weights, in the order that Keras makes them. */
export function gatedSpecs(
  [gate, up, down]: readonly [Place, Place, Place],
  [features, units]: readonly [number, number],
  init: InitializerSpec,
): Specs {
  return {
    ...denseSpecs(up, [features, units], init),
    ...denseSpecs(gate, [features, units], init),
    ...denseSpecs(down, [units, features], init),
  };
}
/** Tokens through a gated part that all of them share, by a share of their own. */
export function throughShared<C>(
  { b, params }: HubContext<C>,
  tokens: Value,
  places: readonly [Place, Place, Place],
  gate: Place,
  activation: ActivationSpec,
): Value {
  const share = b.sigmoid(dense(b, tokens, params, gate));
  return b.mul(gated(b, tokens, params, places, activation), share);
}
