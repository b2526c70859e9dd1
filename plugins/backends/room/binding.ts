/** What every backend's session begins with: inputs checked and the dims bound to them, first values. @module */
import { BackendError, InputError, shown } from "../../../core/values/errors.ts";
import type { Graph, GraphInput } from "../../../core/graph/graph.ts";
import { typeOf } from "../../../core/graph/graph.ts";
import {
  bindDim,
  type DimEnv,
  dimText,
  evalDim,
  shapeText,
  type TensorType,
  type Type,
  typeText,
} from "../../../core/values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor, zeros } from "../../../core/values/tensor.ts";

/** What was given, with the values that inputs have of their own where nothing was. */
export function withDefaults(
  graph: Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  roles: ReadonlySet<string>,
): Readonly<Record<string, RuntimeValue>> {
  const missing = graph.inputs.filter((i) => roles.has(i.role) && i.value && inputs[i.name] === undefined);
  return missing.length === 0
    ? inputs
    : { ...inputs, ...Object.fromEntries(missing.flatMap((i) => (i.value ? [[i.name, i.value]] : []))) };
}
/** Binds the dims of the data inputs to what was given. @throws {InputError} that names the input. */
export function bindInputs(
  graph: Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  roles: ReadonlySet<string>,
): Map<string, number> {
  const env = new Map<string, number>();
  const wanted = graph.inputs.filter((i) => roles.has(i.role)), names = new Set(wanted.map((i) => i.name));
  for (const name of Object.keys(inputs)) {
    if (!names.has(name)) {
      throw new InputError(`unknown input ${shown(name)}: expected ${wanted.map((i) => i.name).join(", ")}`, {
        place: name,
      });
    }
  }
  for (const input of wanted) {
    const value = inputs[input.name];
    if (value === undefined) {
      throw new InputError(
        `input ${shown(input.name)} is missing: expected ${typeText(typeOf(graph, input.id))}`,
        { place: input.name },
      );
    }
    bindValue(input, typeOf(graph, input.id), value, env);
  }
  // An expression may stand before the symbols in it.
  for (const input of wanted) {
    bindValue(input, typeOf(graph, input.id), inputs[input.name] as RuntimeValue, env);
  }
  for (const { a, b, said } of graph.agreements ?? []) {
    const left = evalDim(a, env), right = evalDim(b, env);
    if (left !== undefined && right !== undefined && left !== right) {
      throw new InputError(`${said}: ${dimText(a)} is ${left}, ${dimText(b)} is ${right}`);
    }
  }
  return env;
}

/** What is said where the axes are those of one sample. */
function oneSample({ shape }: TensorType, value: RuntimeValue): string {
  if (!isTensor(value) || shape?.length !== value.shape.length + 1) return "";
  const fits = shape.slice(1).every((d, i) => typeof d !== "number" || d === value.shape[i]);
  return fits
    ? `: one sample, whose batch axis is missing; give it as [${[1, ...value.shape].join(", ")}]`
    : "";
}
/** Checks one input against its type and binds its symbols. */
export function bindValue(
  input: Pick<GraphInput, "name">,
  type: Type,
  value: RuntimeValue,
  env: Map<string, number>,
): void {
  if (type.kind !== "tensor") {
    if (isTensor(value) || value.kind !== type.kind) {
      throw new InputError(`input ${shown(input.name)}: expected ${typeText(type)}`, { place: input.name });
    }
    return;
  }
  const came = isTensor(value) ? `${value.dtype}[${value.shape.join(", ")}]` : value.kind;
  const wrong = () =>
    new InputError(
      `input ${shown(input.name)}: expected ${typeText(type)}, got ${came}${oneSample(type, value)}`,
      {
        place: input.name,
      },
    );
  if (!isTensor(value) || value.dtype !== type.dtype) throw wrong();
  if (type.shape === undefined) return;
  if (type.shape.length !== value.shape.length) throw wrong();
  type.shape.forEach((d, i) => {
    if (!bindDim(d, value.shape[i] ?? -1, env)) {
      const other = typeof d === "number" ? "" : `: ${dimText(d)} is ${evalDim(d, env)} by the other inputs`;
      throw new InputError(
        `input ${shown(input.name)}: expected shape ${shapeText(type.shape)}, got [${
          value.shape.join(", ")
        }] (axis ${i}${other})`,
        { place: input.name },
      );
    }
  });
}

/** The bound dims as one text, for caches. */
export function envKey(env: DimEnv): string {
  return [...env].map(([k, v]) => `${k}=${v}`).sort().join(",");
}

/** Zeros for a state or slot that holds nothing yet. @throws {BackendError} for a weight: it has to be written first. */
export function firstValue(input: GraphInput, type: TensorType, env: DimEnv): Tensor {
  const what = `${input.role} ${shown(input.name)}`;
  if (input.role === "parameter" || input.role === "statistic") {
    throw new BackendError(`${what} has no value yet: write one first`, { place: input.name });
  }
  const shape = (type.shape ?? []).map((d) => {
    const n = evalDim(d, env);
    if (n === undefined) throw new BackendError(`${what}: ${dimText(d)} is not known`);
    return n;
  });
  return zeros(shape, type.dtype);
}
/** What a session says when a held value doesn't fit the dims that the inputs bound. */
export function staleState(input: GraphInput, held: readonly number[], type: TensorType): InputError {
  return new InputError(
    `${input.role} ${shown(input.name)} holds [${held}], but ${
      typeText(type)
    } is needed now: reset the states`,
    { place: input.name },
  );
}
