/** A method of the builder for every operator of a registry: what {@link Vocabulary} declares. @module */
import { LapisError } from "../values/errors.ts";
import type { Attributes, Value } from "./graph.ts";
import type { Lookup } from "./lookup.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What is read of an operator's declaration. */
interface Declared {
  readonly name: string;
  readonly domain?: string;
  readonly arity: readonly [number, number];
  readonly maxOutputs?: number;
}
type Operators = Lookup<{ readonly op: Declared }>;
/** What a method is called on: a builder. */
interface Adds {
  op(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Attributes,
    options?: object,
  ): readonly Value[];
}
/** An argument of a method. */
type Argument = Value | readonly Value[] | Attributes | object | undefined;

/**
 * The method of an operator, in lower camel case: `matMul` of `MatMul`, `lstm` of `LSTM`, `qLinearConv` of `QLinearConv`.
 * ONNX' operators and Lapis' own have their bare names, those of other domains the last word of the domain before it:
 * `microsoftGelu`, `mlScaler`.
 */
export function methodOf({ name, domain = "" }: Pick<Declared, "name" | "domain">): string {
  const bare = domain === "" || domain === "lapis";
  if (!bare) return `${domain.slice(domain.lastIndexOf(".") + 1)}${name}`;
  return name.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (head) => head.toLowerCase());
}
/** The method where a builder's own has that name: `scanOp`. */
export const besides = (method: string): string => `${method}Op`;

/** An operator's method: a list of inputs, or the inputs one by one; then attributes; then what a node may have beside. */
function method(name: string, { arity: [, most], maxOutputs = 1 }: Declared) {
  return function (this: Adds, ...given: readonly Argument[]): Value | readonly Value[] {
    let inputs = 0;
    if (most === Infinity) inputs = 1;
    else {
      while (inputs < Math.min(most, given.length)) {
        const next = given[inputs];
        if (next !== undefined && !("owner" in next)) break;
        inputs++;
      }
    }
    const values = most === Infinity ? given[0] : given.slice(0, inputs);
    const outputs = this.op(
      name,
      values as readonly Value[],
      given[inputs] as Attributes | undefined,
      given[inputs + 1],
    );
    if (maxOutputs > 1) return outputs;
    const [first] = outputs;
    if (!first) throw new LapisError("graph", `${name} gave no output`);
    return first;
  };
}

const made = new WeakMap<Operators, object>();
function methodsOf(registry: Operators, own: object): object {
  const before = made.get(registry);
  if (before && Object.getPrototypeOf(before) === own) return before;
  const methods: Record<string, unknown> = Object.create(own);
  for (const def of registry.all("op")) {
    const { name, domain = "" } = def, word = methodOf(def);
    methods[word in own ? besides(word) : word] = method(domain === "" ? name : `${domain}.${name}`, def);
  }
  made.set(registry, methods);
  return methods;
}

/** Stands behind all else that a builder has: a method of no operator of the registry says so when it is called. */
const absent: object = new Proxy({}, {
  get: (_, key, b: { readonly registry: Operators }) =>
    typeof key !== "string" || key === "then" || key === "toJSON"
      ? undefined
      : () => b.registry.get("op", key.charAt(0).toUpperCase() + key.slice(1)),
});
class Made {
  static {
    Object.setPrototypeOf(this.prototype, absent);
  }
  constructor(registry: Operators) {
    return Object.create(methodsOf(registry, new.target.prototype));
  }
}
/** What a builder extends: an object that has a method for every operator of its registry. */
export const Methods: new (registry: object) => Vocabulary = Made as unknown as new () => Vocabulary;
