/** Bare operations as Keras 3's files hold them, those of TensorFlow's functions too. @module */
import { shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { nameOf } from "../../../core/network/names.ts";
import type { Json } from "../json.ts";
import { type Argument, refsIn, type TensorRef } from "../reading/nodes.ts";
import { operationOf, type OperationOrigin } from "../reading/operations.ts";
import { formOfClass, moduleOf } from "../operations/modules.ts";

/** An operation's class, configuration and call, whose references stand in `refs` in the order of the layer's inputs. */
export interface WrittenOperation {
  readonly module: string;
  readonly className: string;
  readonly config: Json;
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
  readonly refs: readonly TensorRef[];
}
/**
 * A layer's operation for Keras 3; undefined for a layer that is none.
 * @throws {UnsupportedError} for a function of TensorFlow that Keras 3 can't say.
 */
export function writtenOperation(layer: Layer): WrittenOperation | undefined {
  const origin = operationOf(layer);
  if (!origin) return undefined;
  const refs = [...origin.args, ...Object.values(origin.kwargs)].flatMap(refsIn);
  if (origin.named === undefined) {
    return { ...origin, module: origin.module ?? moduleOf(origin.className), refs };
  }
  return { ...translated(layer, origin, origin.named), refs };
}

/** Numbers in lists are arrays to Keras. */
function asArray(a: Argument): Argument {
  if (!Array.isArray(a)) return a;
  const flat = (v: unknown): unknown[] => (Array.isArray(v) ? v.flatMap(flat) : [v]), numbers = flat(a);
  if (!numbers.every((n) => typeof n === "number")) return a;
  const dtype = numbers.every((n) => Number.isInteger(n)) ? "int32" : "float32";
  return { class_name: "__numpy__", config: { value: a, dtype } };
}
/** TensorFlow's words for what Keras has others for. */
function worded(name: string, a: Argument): Argument {
  if (name === "padding" || name === "mode") return `${a}`.toLowerCase();
  if (name === "data_format") return `${a}`.startsWith("NC") ? "channels_first" : "channels_last";
  const counts = name === "strides" || name === "pool_size" || name === "dilation_rate";
  if (!counts || !Array.isArray(a)) return a;
  const sizes = a.length === 4 ? a.slice(1, 3) : a;
  return sizes.every((n) => n === sizes[0]) ? sizes[0] ?? a : sizes;
}
/** Calls that take lists of numbers as they are. */
const lists: ReadonlySet<string> = new Set(["key", "xs", "shape", "start_indices"]);
/** Element types that Keras 3 gives results without being asked, where TensorFlow is. */
const typed: ReadonlySet<string> = new Set(["Argmax", "Argmin", "Size"]);

function translated(
  layer: Layer,
  { className, function: said }: OperationOrigin,
  named: Readonly<Record<string, Argument>>,
): Omit<WrittenOperation, "refs"> {
  const form = formOfClass(className), config: Record<string, unknown> = {};
  const refuse = (why: string) =>
    new UnsupportedError(
      `layer ${shown(nameOf(layer))}: TensorFlow's function ${said} ${why}; save as .onnx, which can`,
      { place: nameOf(layer) },
    );
  if (!form) throw refuse("has no operation of Keras 3 that says it");
  const given = new Map<string, Argument>();
  for (const [name, raw] of Object.entries(named)) {
    if (raw === null || (raw === false && !form.options.includes(name))) continue;
    const a = worded(name, raw);
    if (className === "Norm" && a === "euclidean") continue;
    if (name === "constant_values" && named.mode !== undefined && worded("mode", named.mode) !== "constant") {
      continue;
    }
    if (form.options.includes(name) && refsIn(a).length === 0) config[name] = a;
    else if (form.args.includes(name)) given.set(name, lists.has(name) ? a : asArray(a));
    else if (!(name === "dtype" && typed.has(className))) {
      throw refuse(`with ${name} = ${shown(raw, 40)} has no operation of Keras 3 that says it`);
    }
  }
  const last = form.args.findLastIndex((name) => given.has(name));
  return {
    module: form.module,
    className,
    config,
    args: form.args.slice(0, last + 1).map((name) => given.get(name) ?? null),
    kwargs: {},
  };
}
