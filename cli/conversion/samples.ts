/** Inputs that a conversion is proved on: seeded numbers of several sizes, ids that embeddings have, masks of every kind. @module */
import { castTensor, type Graph, type Model, type Port, type Tensor, tensor } from "../../mod.ts";

/** One set of inputs. */
export interface Sample {
  /** What it is, in a few words. */
  readonly what: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
}
/** Which steps a sample leaves out, where a mask may. */
type Masking = "none" | "right" | "left" | "scattered";

/** What a graph tells of an input's numbers. */
interface Facts {
  /** Ids are below this: rows of the table that they choose from. */
  readonly limit?: number;
  /** The number that masks leave out. */
  readonly masked?: number;
  /** Words or numbers that it is looked up among. */
  readonly known?: Tensor;
}

/** Operators that hand numbers on as they are. */
const passing: ReadonlySet<string> = new Set([
  "Cast",
  "Flatten",
  "Identity",
  "Reshape",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);

/** What the graph does with each input: chooses rows of a table by it, compares it with a fixed number. */
function factsOf(graph: Graph): ReadonlyMap<string, Facts> {
  const fixed = new Map(graph.inputs.map((i) => [i.id, i.value])), source = new Map<number, string>();
  for (const { id, name, role } of graph.inputs) if (role === "data") source.set(id, name);
  const facts = new Map<string, Facts>();
  const note = (name: string | undefined, more: Facts) => {
    if (name !== undefined) facts.set(name, { ...facts.get(name), ...more });
  };
  for (const { op, inputs, outputs } of graph.nodes) {
    const [first = -1, second = -1] = inputs, from = source.get(first);
    const [out] = outputs;
    if (passing.has(op) && from !== undefined && out !== undefined) source.set(out, from);
    const table = graph.types[first];
    if (op === "Gather" && table?.kind === "tensor" && fixed.get(first)) {
      const rows = table.shape?.[0];
      if (typeof rows === "number") note(source.get(second), { limit: rows });
    }
    const known = op === "IndexOf" ? fixed.get(second) : undefined;
    if (known) note(from, { known });
    if (op === "Equal") {
      const value = fixed.get(second) ?? fixed.get(first), name = from ?? source.get(second);
      if (value?.data.length === 1 && typeof value.data[0] !== "string") {
        note(name, { masked: Number(value.data[0]) });
      }
    }
  }
  return facts;
}

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

/** Sizes that vary from sample to sample: of batches, and of everything else that has no fixed size. */
const batches = [1, 3, 4, 2], lengths = [12, 17, 9, 24];
/** Sizes of images are halved and doubled again in many networks. */
const edges = [32, 64, 32, 32];
const maskings: readonly Masking[] = ["none", "right", "scattered", "left"];
/** Numbers of which no table says how many there are stay below this. */
const fewIds = 3;

/** How samples are made. */
export interface SampleOptions {
  readonly seed: number;
  /** Masks leave out steps at the ends of rows alone. */
  readonly rightPadded?: boolean;
  /** Makes open sizes longer, for models that need more steps. */
  readonly scale?: number;
}
/** Several sets of inputs for a model. */
export function samplesOf(
  model: Model,
  { seed, rightPadded = false, scale = 1 }: SampleOptions,
): readonly Sample[] {
  const facts = factsOf(model.graph()), maskable = [...facts.values()].some((f) => f.masked !== undefined);
  const open = new Set(model.inputs.flatMap((i) => i.shape.filter((d) => typeof d !== "number")));
  const images = model.inputs.some((p) => p.shape.length === 4);
  const masks = rightPadded ? maskings.slice(0, 2) : maskings;
  const count = maskable ? 4 : open.size > 1 ? 3 : 2;
  return batches.slice(0, count).map((batch, i) => {
    const length = ((images ? edges[i] : lengths[i]) ?? 12) * scale,
      next = generator(seed + i),
      masking = maskable ? masks[i] ?? "right" : "none";
    const inputs = Object.fromEntries(
      model.inputs.filter((p) => !p.optional).map((port) => {
        const first = model.inputs[0]?.shape[0];
        const shape = port.shape.map((d, at) =>
          typeof d === "number" ? d : at === 0 || d === first ? batch : length
        );
        return [port.name, numbers(port, shape, facts.get(port.name) ?? {}, masking, next)];
      }),
    );
    const parts = [
      ...(typeof model.inputs[0]?.shape[0] === "number" ? [] : [`batch ${batch}`]),
      ...(open.size > 1 ? [`length ${length}`] : []),
      ...(masking === "none"
        ? []
        : [`masked ${masking === "scattered" ? "here and there" : `on the ${masking}`}`]),
    ];
    return { what: parts.join(", ") || `run ${i + 1}`, inputs };
  });
}

const words = ["enak", "murah", "the", "quick", "brown", "fox", "", "1", "A"];
function numbers(
  port: Port,
  shape: readonly number[],
  facts: Facts,
  masking: Masking,
  next: () => number,
): Tensor {
  const { dtype } = port, size = shape.reduce((n, d) => n * d, 1), { limit, masked, known } = facts;
  if (known) {
    const any = () => known.data[Math.floor(next() * known.data.length)];
    if (dtype === "string") return tensor(Array.from({ length: size }, () => `${any()}`), shape, "string");
    return castTensor(
      tensor(Float64Array.from({ length: size }, () => Number(any())), shape, "float64"),
      dtype,
    );
  }
  if (dtype === "string") {
    return tensor(
      Array.from({ length: size }, () => words[Math.floor(next() * words.length)] ?? ""),
      shape,
      "string",
    );
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const ids = limit !== undefined || !/^(float|bfloat)/.test(dtype);
  const below = dtype === "bool" ? 2 : limit ?? fewIds;
  // What masks leave out stands where a step is masked, and nowhere else.
  const id = (): number => {
    const drawn = Math.floor(next() * below);
    return drawn === masked ? (drawn + 1) % below : drawn;
  };
  const draw = () => (ids ? id() : normal());
  const data = Float64Array.from({ length: size }, draw);
  if (masked !== undefined && masking !== "none" && shape.length > 1) {
    maskSteps(data, shape, masked, masking, next);
  }
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
