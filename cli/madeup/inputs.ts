/** Inputs that are made up for a model: seeded numbers, ids that its tables have, masks of ones, lengths that are there. @module */
import {
  castTensor,
  type Graph,
  InputError,
  LapisError,
  type Model,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { type Dim, type DimEnv, evalDim, type TensorType } from "../../public/graph.ts";
import type { Feed } from "../feed.ts";
import { type Facts, inputFacts } from "./facts.ts";
import { openSizes, type WantedSizes } from "./sizes.ts";

/** Which steps a sample leaves out, where a mask may. */
export type Masking = "none" | "right" | "left" | "scattered";
/** How inputs are made. */
export interface MadeUpOptions extends WantedSizes {
  readonly seed: number;
  readonly masking?: Masking;
  /** Numbers lie evenly between -1 and 1; normal ones unless said. */
  readonly even?: boolean;
}
/** Inputs by name. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** Numbers of which no table says how many there are stay below this. */
const fewIds = 3;
const words = ["enak", "murah", "the", "quick", "brown", "fox", "", "1", "A"];
/** Names that exporters give masks, and lengths. */
const maskName = /(^|[_./])(\w*_)?mask(_\w*)?$/i,
  lengthName = /(^|_)(lengths?|lens?|seq_?len|sequence_length)$/i;

/** Evenly spread numbers in [0, 1) from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A graph's inputs and what it tells of their numbers: read once, made up as often as wanted. */
export class InputMaker {
  readonly #graph: Graph;
  readonly facts: ReadonlyMap<string, Facts>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.facts = inputFacts(graph);
  }

  /** The inputs that have to be given. */
  get #ports() {
    return this.#graph.inputs.flatMap(({ name, id, role, value }) => {
      const type = this.#graph.types[id];
      return role === "data" && value === undefined && type?.kind === "tensor" ? [{ name, type }] : [];
    });
  }
  /** True where samples can leave steps out. */
  get maskable(): boolean {
    return [...this.facts.values()].some((f) => f.masked !== undefined) || this.#padded;
  }
  /** True where masks may have zeros at the end: with a cache of earlier steps those would be the newest. */
  get #padded(): boolean {
    return this.#ports.some(isMask) && !this.#ports.some(({ name }) => /past|cache/i.test(name));
  }
  /** True where sizes are open beside the batch. */
  get open(): boolean {
    const names = new Set(
      this.#ports.flatMap((p) => (p.type.shape ?? []).filter((d) => typeof d !== "number")),
    );
    return names.size > 1;
  }
  /** True where an input is an image. */
  get images(): boolean {
    return this.#ports.some((p) => p.type.shape?.length === 4);
  }

  /** One set of inputs. */
  make({ seed, masking = "none", even = false, ...wanted }: MadeUpOptions): Inputs {
    const env = openSizes(this.#graph, wanted), next = generator(seed);
    const sizeOf = (d: Dim) => evalDim(d, env) ?? wanted.length;
    const longest = Math.max(1, ...this.#ports.map(({ type }) => (type.shape ?? []).map(sizeOf)[1] ?? 1));
    return Object.fromEntries(this.#ports.map((port) => {
      const facts = this.facts.get(port.name) ?? {}, shape = (port.type.shape ?? []).map(sizeOf);
      const { dtype } = port.type;
      if (isMask(port) && facts.limit === undefined) {
        return [port.name, maskOf(dtype, shape, this.#padded ? masking : "none", next)];
      }
      const lengths = facts.lengthOf === undefined && lengthName.test(port.name) && /int/.test(dtype) &&
          facts.limit === undefined
        ? longest
        : facts.lengthOf;
      return [port.name, numbers(dtype, shape, facts, { masking, next, lengths, env, even })];
    }));
  }
}
const isMask = ({ name, type }: { readonly name: string; readonly type: TensorType }) =>
  maskName.test(name) && type.dtype !== "string";

interface Drawing {
  readonly masking: Masking;
  readonly next: () => number;
  readonly lengths: Dim | undefined;
  readonly even: boolean;
  readonly env: DimEnv;
}
function numbers(dtype: Tensor["dtype"], shape: readonly number[], facts: Facts, how: Drawing): Tensor {
  const { next, masking, lengths, env } = how, size = shape.reduce((n, d) => n * d, 1);
  const { within, from = 0, masked, known, sizes } = facts;
  const rows = within === undefined ? Infinity : Math.max(1, evalDim(within, env) ?? 1);
  const limit = Math.min(rows, facts.limit ?? Infinity);
  const filled = (draw: () => number) =>
    castTensor(tensor(Float64Array.from({ length: size }, draw), shape, "float64"), dtype);
  const texts = (draw: () => string) => tensor(Array.from({ length: size }, draw), shape, "string");
  if (known) {
    const any = () => known.data[Math.floor(next() * known.data.length)];
    return dtype === "string" ? texts(() => `${any()}`) : filled(() => Number(any()));
  }
  if (dtype === "string") return texts(() => words[Math.floor(next() * words.length)] ?? "");
  if (sizes) return filled(() => 1);
  if (lengths !== undefined) {
    const most = evalDim(lengths, env) ?? 1;
    return filled(() => (masking === "none" || most < 1 ? most : 1 + Math.floor(next() * most)));
  }
  const real = () =>
    how.even ? 2 * next() - 1 : Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const ids = facts.whole === true || !/^b?float/.test(dtype);
  const below = dtype === "bool" ? 2 : limit === Infinity ? from + fewIds : limit,
    span = Math.max(1, below - from);
  // What masks leave out stands where a step is masked, and nowhere else.
  const id = (): number => {
    const drawn = from + Math.floor(next() * span);
    return drawn === masked ? from + (drawn - from + 1) % span : drawn;
  };
  const data = Float64Array.from({ length: size }, ids ? id : real);
  if (masked !== undefined && masking !== "none" && shape.length > 1) {
    maskSteps(data, shape, masked, masking, next);
  }
  return castTensor(tensor(data, shape, "float64"), dtype);
}
/** Ones; zeros for the steps that a sample leaves out. */
function maskOf(
  dtype: Tensor["dtype"],
  shape: readonly number[],
  masking: Masking,
  next: () => number,
): Tensor {
  const data = new Float64Array(shape.reduce((n, d) => n * d, 1)).fill(1);
  // Left and scattered paddings are not what those networks are made for.
  if (masking !== "none" && shape.length === 2) maskSteps(data, shape, 0, "right", next);
  return castTensor(tensor(data, shape, "float64"), dtype);
}
/** Puts the masked number at whole steps of axis 1, never at all steps of a row. */
function maskSteps(
  data: Float64Array,
  [rows = 1, steps = 1, ...rest]: readonly number[],
  masked: number,
  masking: Masking,
  next: () => number,
): void {
  const width = rest.reduce((n, d) => n * d, 1);
  for (let row = 0; row < rows; row++) {
    const kept = 1 + Math.floor(next() * steps), always = Math.floor(next() * steps);
    for (let step = 0; step < steps; step++) {
      const left = masking === "right"
        ? step >= kept
        : masking === "left"
        ? step < steps - kept
        : step !== always && next() < 0.4;
      if (left) data.fill(masked, (row * steps + step) * width, (row * steps + step + 1) * width);
    }
  }
}

/** How long open sizes are where nothing else is wanted. */
const usualLength = 8, usualEdge = 32;
/** One set of inputs for a model that is run without data; nothing is run to make it. */
export function madeUp(model: Model, rows: number, seed = 1): Inputs {
  const maker = new InputMaker(model.graph());
  return maker.make({ seed, even: true, batch: rows, length: maker.images ? usualEdge : usualLength });
}
/** The same, tried: sizes grow until the model takes them. @throws {LapisError} what the model says of the first ones. */
export async function fittingInputs(model: Model, rows: number, seed = 1): Promise<Inputs> {
  const maker = new InputMaker(model.graph()), usual = maker.images ? usualEdge : usualLength;
  return await fitted(async (scale) => {
    const inputs = maker.make({ seed, even: true, batch: rows, length: Math.ceil(usual * scale) });
    await model.run(inputs);
    return inputs;
  }).finally(() => model.resetStates());
}
/** What a user is told where no made-up inputs fit. */
export function noneFits(error: LapisError): InputError {
  return new InputError(`no made-up inputs fit: ${error.message}; give data that fits with --input`, {
    cause: error,
  });
}
/** The same as what a command is run on. @throws {InputError} that says how to give data instead. */
export async function fittingFeed(model: Model, rows: number): Promise<Feed> {
  const tensors = await fittingInputs(model, rows).catch((error) => {
    if (!(error instanceof LapisError)) throw error;
    throw noneFits(error);
  });
  return { tensors, rows };
}
/** Scales of open sizes in the order that they are tried: longer ones first, for windows; then shorter, for tables. */
const scales: readonly number[] = [1, 2, 4, 8, 16, 1 / 2, 1 / 4];
/** Tries scales of open sizes until one fits. @throws {LapisError} what the first said, where none does. */
export async function fitted<T>(attempt: (scale: number) => Promise<T>): Promise<T> {
  let first: LapisError | undefined;
  for (const scale of scales) {
    try {
      return await attempt(scale);
    } catch (error) {
      if (!(error instanceof LapisError)) throw error;
      first ??= error;
    }
  }
  throw first;
}
