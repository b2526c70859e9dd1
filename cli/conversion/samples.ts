/** Several sets of inputs that a conversion is proved on: batches, lengths and masks of every kind. @module */
import { castTensor, LapisError, type Model, type Tensor } from "../../mod.ts";
import { fitted, InputMaker, type Masking, noneFits } from "../madeup/inputs.ts";

/** One set of inputs. */
export interface Sample {
  /** What it is, in a few words. */
  readonly what: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
}
/** How samples are made. */
export interface SampleOptions {
  readonly seed: number;
  /** Masks leave out steps at the ends of rows alone. */
  readonly rightPadded?: boolean;
}

/** Sizes that vary from sample to sample: of batches, and of everything else that has no fixed size. */
const batches = [1, 3, 4, 2], lengths = [12, 17, 9, 24];
/** Sizes of images are halved and doubled again in many networks. */
const edges = [32, 64, 32, 32];
const maskings: readonly Masking[] = ["none", "right", "scattered", "left"];

/** Several sets of inputs for a model; `scale` makes open sizes longer. */
function samplesOf(
  model: Model,
  maker: InputMaker,
  { seed, rightPadded = false, scale }: SampleOptions & { readonly scale: number },
): readonly Sample[] {
  const { maskable, open, images } = maker, masks = rightPadded ? maskings.slice(0, 2) : maskings;
  const count = maskable ? 4 : open ? 3 : 2, fixedBatch = typeof model.inputs[0]?.shape[0] === "number";
  return batches.slice(0, count).map((batch, turn) => {
    const length = Math.ceil(((images ? edges[turn] : lengths[turn]) ?? 12) * scale);
    const masking = maskable ? masks[turn] ?? "right" : "none";
    const inputs = maker.make({ seed: seed + turn, batch, length, turn, masking });
    const longest = Math.max(...model.inputs.map(({ name, shape }) => {
      const at = shape.findIndex((d, i) => i > 0 && typeof d !== "number");
      return inputs[name]?.shape[at] ?? 0;
    }));
    const parts = [
      ...(fixedBatch ? [] : [`batch ${batch}`]),
      ...(open && longest > 0 ? [`length ${longest}`] : []),
      ...(masking === "none"
        ? []
        : [`masked ${masking === "scattered" ? "here and there" : `on the ${masking}`}`]),
    ];
    return { what: parts.join(", ") || `run ${turn + 1}`, inputs };
  });
}

/** Samples that the model itself takes: sizes grow until every layer has steps enough. @throws {LapisError} */
export async function fittingSamples(
  model: Model,
  options: SampleOptions = { seed: 0 },
): Promise<readonly Sample[]> {
  const maker = new InputMaker(model.graph());
  return await fitted(async (scale) => {
    const samples = samplesOf(model, maker, { ...options, scale });
    for (const { inputs } of samples) await model.run(inputs);
    return samples;
  }).finally(() => model.resetStates());
}
/** The same for a command. @throws {InputError} that says how to give data instead. */
export async function madeUpSamples(model: Model, options: SampleOptions): Promise<readonly Sample[]> {
  return await fittingSamples(model, options).catch((error) => {
    throw error instanceof LapisError ? noneFits(error) : error;
  });
}
/** Stored inputs as one sample, in the types that the model takes. */
export function storedSample(model: Model, tensors: Readonly<Record<string, Tensor>>, what: string): Sample {
  const inputs = model.inputs.flatMap(({ name, dtype }) => {
    const t = tensors[name];
    return t ? [[name, castTensor(t, dtype)] as const] : [];
  });
  return { what, inputs: Object.fromEntries(inputs) };
}
