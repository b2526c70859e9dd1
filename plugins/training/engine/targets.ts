/** Targets and weights of samples as they are given: whose they are, and under which shape. @module */
import { isFloat } from "../../../core/values/dtype.ts";
import { InputError, shown } from "../../../core/values/errors.ts";
import { feed, type Port, portOf, tensorIn } from "../../../core/model/feed.ts";
import { tensorType, typeText } from "../../../core/values/shape.ts";
import { isList, reshaped, sizeOf, type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { OutputLoss } from "./compiled.ts";
import { targetName, weightName } from "./forward.ts";
import type { SampleWeights } from "../../../core/training/types.ts";

/** A target under the shape that its loss takes: an axis of 1 at the end is added or dropped. */
export function fitTarget(t: Tensor, { target, loss }: OutputLoss, rows: number): Tensor {
  const wanted = target.shape, rank = wanted.length, last = t.shape.at(-1);
  let out = t;
  if (wanted[0] !== "..." && t.shape.length !== rank) {
    if (t.shape.length === rank - 1 && wanted.at(-1) === 1 && (t.shape[0] === rows || rank === 1)) {
      out = reshaped(t, [...t.shape, 1]);
    } else if (t.shape.length === rank + 1 && last === 1) out = reshaped(t, t.shape.slice(0, -1));
    else if (t.shape.length === rank - 1 && rows === 1) out = reshaped(t, [1, ...t.shape]);
  }
  const fits = out.shape.length === rank &&
    wanted.every((d, i) => i === 0 || typeof d !== "number" || d === out.shape[i]);
  if (!fits && wanted[0] !== "...") {
    const hint = loss.def.name === "categoricalCrossentropy" && out.shape.length === rank - 1
      ? "; classes' numbers go with sparseCategoricalCrossentropy"
      : "";
    throw new InputError(
      `target ${shown(target.name)}: expected ${typeText(target.type)} for ${loss.def.name}, got [${
        t.shape.join(", ")
      }]${hint}`,
      { place: target.name },
    );
  }
  return out;
}
/** Refuses a label that is no class, with its value. */
export function checkLabels(t: Tensor, { target, classes, ignored }: OutputLoss): void {
  if (classes === undefined) return;
  const labels = toNumbers(t), each = sizeOf(t.shape.slice(1)) || 1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if ((label >= 0 && label < classes) || label === ignored) continue;
    throw new InputError(
      `target ${shown(target.name)}: label ${label} of sample ${
        Math.floor(i / each)
      } is outside the ${classes} ` +
        `classes (0 to ${classes - 1})`,
      { place: target.name },
    );
  }
}

const isOneTensor = (raw: unknown) => typeof raw === "object" && raw !== null && "data" in raw;
/**
 * What is given for outputs, by name: a record or a list may hold every output's, or only what is needed; null stands
 * for nothing.
 */
export function givenFor(
  given: unknown,
  needed: readonly Port[],
  outputs: readonly Port[],
  what: string,
): Readonly<Record<string, unknown>> {
  if (typeof given === "object" && given !== null && !isList(given) && !isOneTensor(given)) {
    const named = given as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(named).find((name) => !outputs.some((o) => o.name === name));
    if (unknown === undefined) return named;
    const names = outputs.map((o) => o.name).join(", ");
    throw new InputError(`unknown ${what} ${shown(unknown)}: expected ${names}`, { place: unknown });
  }
  // Of a list of numbers alone nothing tells whether it is one output's.
  const whole = Array.isArray(given) && given.length === outputs.length && outputs.length > needed.length &&
    given.some((item) => item === null || item === undefined || isOneTensor(item) || depthOf(item) > 1);
  if (whole) return Object.fromEntries(outputs.map(({ name }, i) => [name, (given as unknown[])[i]]));
  const listed = Array.isArray(given) && given.length === 1 && isOneTensor(given[0]) ? given[0] : given;
  const [only] = needed;
  if (needed.length === 1 && only) return { [only.name]: listed };
  if (Array.isArray(given) && given.length === needed.length) {
    return Object.fromEntries(needed.map(({ name }, i) => [name, (given as unknown[])[i]]));
  }
  const names = needed.map((o) => o.name).join(", ");
  const came = Array.isArray(given) ? `a list of ${given.length}` : "one";
  throw new InputError(`expected data for ${needed.length} ${what}s (${names}), got ${came}`);
}
const depthOf = (x: unknown): number => (isList(x) ? 1 + depthOf(x[0]) : 0);
/** True for what is there. */
export const present = (x: unknown): boolean => x !== null && x !== undefined;

/** Weights by output: one for all of them, or a record or list of some outputs' own. */
export function weightsOf(
  given: SampleWeights,
  needed: readonly Port[],
  outputs: readonly Port[],
): ReadonlyMap<string, Tensor> {
  const list = Array.isArray(given) &&
    given.some((item) => !present(item) || isOneTensor(item) || depthOf(item) > 0);
  const forAll = isOneTensor(given) ||
    (isList(given) && (!list || needed.length === 1 && outputs.length === 1));
  const named = forAll
    ? Object.fromEntries(needed.map(({ name }) => [name, given]))
    : givenFor(given, needed, outputs, "sample weight");
  return new Map(needed.flatMap(({ name }) => {
    const raw = named[name], port = portOf(weightName(name), tensorType("float32"));
    return present(raw) ? [[name, tensorIn(feed(port, raw as Tensor, false), name)] as const] : [];
  }));
}
/** A target that no loss says the form of: floats or whole numbers, one a class or the class's own. */
export function freeTarget(output: Port, raw: unknown): Tensor {
  const given = raw as Tensor;
  const dtype = isOneTensor(raw) && !isFloat(given.dtype) ? "int32" as const : "float32" as const;
  const t = tensorIn(feed(portOf(targetName(output.name), tensorType(dtype)), given, false), output.name);
  const rank = output.shape.length, last = output.shape.at(-1);
  if (t.shape.length === rank && t.shape.at(-1) === 1 && typeof last === "number" && last > 1) {
    return reshaped(t, t.shape.slice(0, -1));
  }
  if (t.shape.length === rank - 1 && last === 1) return reshaped(t, [...t.shape, 1]);
  if (t.shape.length === rank || t.shape.length === rank - 1) return t;
  throw new InputError(
    `target ${shown(output.name)}: expected the shape of the output, [${output.shape.join(", ")}], got [${
      t.shape.join(", ")
    }]`,
    { place: output.name },
  );
}
