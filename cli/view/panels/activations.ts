/** The Activations view's data: every layer's output for one input, filters, saliency and attention. @module */
import { castTensor, InputError, Model, type Tensor, tensor } from "../../../mod.ts";
import type { LayerNode } from "../../../public/plugins.ts";
import { isTensor, toNumbers } from "../../../public/tensors.ts";
import { textVectorizer } from "../../../public/text.ts";
import type { ActivationRow, ActivationsData, ActivationsStart, InputForm, Picture } from "../data.ts";
import { oneRow, picture, rowOf, summary } from "./numbers.ts";
import { layerGraph, probe } from "../probe.ts";
import { firstOf, fixedRows, type Subject, treeOf } from "../subject.ts";

type Sample = Readonly<Record<string, Tensor>>;
/** Pictures of a layer, and columns and rows of a heat map, at most. */
const mostPictures = 24, mostColumns = 512, mostRows = 96;

/** Height, width and channels of an input that is a picture. */
export function pictureShape(
  shape: readonly (number | string)[],
): readonly [number, number, 1 | 3] | undefined {
  const inner = shape.slice(1);
  if (!inner.every((d): d is number => typeof d === "number")) return undefined;
  const [a = 0, b = 0, c = 0] = inner;
  if (inner.length === 3 && (c === 1 || c === 3) && a >= 4 && b >= 4) return [a, b, c];
  if (inner.length === 2 && a === b && a >= 16) return [a, b, 1];
  const side = Math.sqrt(a);
  return inner.length === 1 && Number.isInteger(side) && side >= 14 ? [side, side, 1] : undefined;
}
/** What the model takes in the page. */
export function formOf({ model, assets }: Subject): InputForm {
  const [first, more] = model.inputs;
  if (!first) return { kind: "none", shape: [], why: "the model has no input" };
  const { shape } = first, fixed = shape.slice(1).every((d) => typeof d === "number");
  if (more) {
    return {
      kind: "none",
      shape,
      why: `the model has ${model.inputs.length} inputs; the samples given are shown`,
    };
  }
  if (assets.vocabulary && shape.length === 2 && fixed) return { kind: "text", shape };
  if (pictureShape(shape)) return { kind: "image", shape };
  if (shape.length === 2 && fixed && Number(shape[1]) <= 256) return { kind: "numbers", shape };
  return {
    kind: "none",
    shape,
    why: "its input is no picture, text or row of numbers; the samples given are shown",
  };
}

/** A sample out of what the page sent: a text, numbers, or a picture's bytes. */
function sampleFrom(
  subject: Subject,
  options: Readonly<Record<string, unknown>>,
): { readonly sample: Sample; readonly text?: string } {
  const { model, assets, feed } = subject, [first] = model.inputs;
  const { text, numbers, row, pixels } = options;
  if (typeof row === "number") {
    if (!feed || !Number.isInteger(row) || row < 0 || row >= feed.rows) {
      throw new InputError(`row ${row}: there are ${feed?.rows ?? 0} samples`);
    }
    const told = feed.texts?.[row];
    return {
      sample: Object.fromEntries(Object.entries(feed.tensors).map(([k, t]) => [k, oneRow(t, row)])),
      ...(told !== undefined && { text: told }),
    };
  }
  if (!first) throw new InputError("the model has no input");
  if (typeof text === "string") {
    const { vocabulary } = assets, length = first.shape[1];
    if (!vocabulary || typeof length !== "number") throw new InputError("the model takes no text");
    const padding = assets.text?.padding ?? "post";
    const made = textVectorizer({ vocabulary, length, padding }).transform([text.slice(0, 100_000)]);
    return { sample: { [first.name]: castTensor(made, first.dtype) }, text };
  }
  const list = Array.isArray(pixels) ? pixels : Array.isArray(numbers) ? numbers : undefined;
  if (!list?.every((v) => typeof v === "number" && Number.isFinite(v))) {
    throw new InputError("expected a text, numbers or a picture's bytes");
  }
  const shape = [1, ...first.shape.slice(1).map(Number)], size = shape.reduce((a, b) => a * b, 1);
  if (list.length !== size) throw new InputError(`expected ${size} numbers, got ${list.length}`);
  const raw = tensor(Float32Array.from(list), shape),
    scaled = pixels === undefined ? raw : pictureScaled(subject, raw);
  return { sample: { [first.name]: castTensor(scaled, first.dtype) } };
}
/** A picture's bytes as the model was trained on them: as its file says, or as the samples given are. */
function pictureScaled({ assets, feed }: Subject, raw: Tensor): Tensor {
  if (assets.scale) return assets.scale(raw);
  const seen = feed && summary(rowOf(Object.values(feed.tensors)[0] ?? raw, 0)).max;
  if (seen !== undefined && seen > 2) return raw;
  return tensor(Float32Array.from(toNumbers(raw), (v) => v / 255), raw.shape);
}

/** The input as people know it. */
function inputShown(subject: Subject, sample: Sample, text: string | undefined): ActivationsData["input"] {
  const first = Object.values(sample)[0];
  if (text !== undefined) return { text };
  if (!first || first.dtype === "string") return {};
  const size = pictureShape(first.shape);
  if (size) {
    return { picture: picture(rowOf(first, 0), size[1], size[0], { channels: size[2], signed: false }) };
  }
  const { vocabulary } = subject.assets;
  if (vocabulary && first.shape.length === 2) {
    return {
      text: Array.from(rowOf(first, 0)).filter((id) => id !== 0).map((id) => vocabulary[id] ?? `${id}`).join(
        " ",
      ),
    };
  }
  return first.data.length <= 256 ? { numbers: Array.from(rowOf(first, 0)) } : {};
}

/** Every k-th of a long axis, so that a heat map stays small. */
function thinned(size: number, most: number): readonly number[] {
  const step = Math.max(1, Math.ceil(size / most));
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
}
function rowFor(node: LayerNode, t: Tensor): ActivationRow | undefined {
  if (t.dtype === "string") return undefined;
  const base = { layer: node.path, type: node.layer.def.name, shape: t.shape }, values = rowOf(t, 0);
  if (t.shape.length === 4) {
    const [, height = 0, width = 0, channels = 0] = t.shape;
    const pictures = Array.from(
      { length: Math.min(channels, mostPictures) },
      (_, c) =>
        picture(
          Float64Array.from({ length: width * height }, (_, i) => values[i * channels + c] ?? 0),
          width,
          height,
        ),
    );
    return { ...base, kind: "images", pictures };
  }
  if (t.shape.length === 3) {
    const [, time = 0, width = 0] = t.shape,
      columns = thinned(time, mostColumns),
      rows = thinned(width, mostRows);
    const map = Float64Array.from(
      { length: columns.length * rows.length },
      (_, i) =>
        values[(columns[i % columns.length] ?? 0) * width + (rows[Math.floor(i / columns.length)] ?? 0)] ?? 0,
    );
    return { ...base, kind: "steps", pictures: [picture(map, columns.length, rows.length)] };
  }
  if (t.shape.length !== 2) return undefined;
  const size = values.length, columns = thinned(size, 2048);
  return {
    ...base,
    kind: "vector",
    pictures: size > 1
      ? [picture(Float64Array.from(columns, (i) => values[i] as number), columns.length, 1)]
      : [],
    ...(size <= 32 && { numbers: Array.from(values) }),
  };
}

/** The first convolution's filters as pictures. */
function filtersOf(
  model: Model,
): { readonly layer: string; readonly filters: readonly Picture[] } | undefined {
  const node = treeOf(model).find((n) => n.layer.def.name === "Conv2D");
  const path = node?.weights.find((w) => w.param === "kernel")?.path;
  const kernel = path === undefined ? undefined : model.weights.get(path);
  if (!node || !kernel) return undefined;
  const [height = 0, width = 0, channels = 0, filters = 0] = kernel.shape, w = toNumbers(kernel);
  const made = Array.from({ length: Math.min(filters, 64) }, (_, f) => {
    const at = (i: number, c: number) => w[(i * channels + c) * filters + f] ?? 0;
    if (channels === 3) {
      const values = Float64Array.from(
        { length: width * height * 3 },
        (_, i) => at(Math.floor(i / 3), i % 3),
      );
      return picture(values, width, height, { channels: 3 });
    }
    return picture(Float64Array.from({ length: width * height }, (_, i) => at(i, 0)), width, height, {
      signed: true,
    });
  });
  return { layer: node.path, filters: made };
}

/** How much each part of the input moves the most probable class: the norm of the score's gradient there. */
async function saliencyOf(
  subject: Subject,
  sample: Sample,
  best: number,
): Promise<ActivationsData["saliency"]> {
  const { model } = subject, first = model.inputs[0], x = first && sample[first.name];
  if (!first || !x) return undefined;
  const { graph, ids, output } = layerGraph(model), input = graph.inputs.find((i) => i.name === first.name);
  const embedding = treeOf(model).find((n) => n.layer.def.name === "Embedding");
  const float = x.dtype === "float32" && !embedding;
  const id = float ? input?.id : embedding && ids.get(embedding.path);
  if (id === undefined) return undefined;
  const found = await probe(
    model,
    graph,
    sample,
    [id],
    output,
    (y) => toNumbers(y).map((_: number, i: number) => (i === best ? 1 : 0)),
  );
  const g = found.gradients.get(id);
  if (!g) return undefined;
  const size = float ? pictureShape(x.shape) : undefined, values = rowOf(g, 0);
  if (size) {
    const [height, width, channels] = size;
    const map = Float64Array.from({ length: width * height }, (_, i) => {
      let most = 0;
      for (let c = 0; c < channels; c++) most = Math.max(most, Math.abs(values[i * channels + c] ?? 0));
      return most;
    });
    return { picture: picture(map, width, height, { signed: false }) };
  }
  if (float) {
    return x.shape.length === 2
      ? { tokens: Array.from(values, (v, i) => [`x${i}`, Math.abs(v)] as const) }
      : undefined;
  }
  const { vocabulary } = subject.assets, width = g.shape.at(-1) ?? 1, tokens = rowOf(x, 0);
  return {
    tokens: Array.from(tokens).flatMap((token, t) => {
      const part = Array.from({ length: width }, (_, i) => values[t * width + i] ?? 0);
      return token === 0 ? [] : [[vocabulary?.[token] ?? `${token}`, summary(part).norm] as const];
    }),
  };
}

/** Attention maps: the same network, its attention layers asked for their scores. */
async function attentionOf(model: Model, sample: Sample): Promise<ActivationsData["attention"]> {
  const kinds = /^(MultiHeadAttention|Attention|AdditiveAttention)$/;
  const layers = treeOf(model).filter((n) => kinds.test(n.layer.def.name));
  if (layers.length === 0) return [];
  const network = model.network,
    calls = network.calls.map((call) =>
      kinds.test(call.layer.def.name)
        ? {
          ...call,
          options: { ...call.options, options: { ...call.options.options, returnAttentionScores: true } },
        }
        : call
    );
  using asked = Model.fromNetwork({ ...network, calls }, model.registry, { weights: model.weights });
  const seen = await asked.activations(sample);
  return layers.flatMap(({ path }) => {
    const found = seen.get(path), scores = Array.isArray(found) ? found[1] : undefined;
    if (!scores || !isTensor(scores)) return [];
    const [width = 0, height = 0] = [scores.shape.at(-1), scores.shape.at(-2)];
    const heads = scores.shape.length === 4 ? scores.shape[1] ?? 1 : 1,
      values = rowOf(scores, 0),
      size = width * height;
    return [{
      layer: path,
      heads: Array.from(
        { length: Math.min(heads, 16) },
        (_, n) =>
          picture(Float64Array.from({ length: size }, (_, i) => values[n * size + i] ?? 0), width, height, {
            signed: false,
            range: [0, 1],
          }),
      ),
    }];
  });
}

async function atSample(
  subject: Subject,
  sample: Sample,
  text: string | undefined,
): Promise<ActivationsData> {
  const { model, assets } = subject, seen = await model.activations(sample);
  const layers = treeOf(model).flatMap((node) => {
    const t = firstOf(seen.get(node.path)), row = t && rowFor(node, t);
    return row ? [row] : [];
  });
  const result = firstOf(await model.predictAll(sample)), width = result?.shape.at(-1) ?? 0;
  const scores = result && result.dtype !== "string" ? Array.from(toNumbers(result)).slice(-width) : [];
  const sum = scores.reduce((a, b) => a + b, 0);
  const probabilities = scores.every((p) => p >= 0 && p <= 1) && (width === 1 || Math.abs(sum - 1) < 1e-3);
  const whole = result ? toNumbers(result) : new Float32Array(), last = whole.length - width;
  const best = last + scores.indexOf(Math.max(...scores));
  const filters = filtersOf(model), saliency = await saliencyOf(subject, sample, best);
  const labelled = scores.map((value, i) => ({
    label: assets.labels?.[i] ?? (width === 1 ? "output" : `${i}`),
    value,
  }));
  return {
    form: formOf(subject),
    input: inputShown(subject, sample, text),
    layers,
    // Large vocabularies: the most probable ones.
    scores: width <= 24 ? labelled : labelled.sort((a, b) => b.value - a.value).slice(0, 24),
    scoresAre: probabilities ? "probabilities" : "numbers",
    filters: filters?.filters ?? [],
    ...(filters && { filtersOf: filters.layer }),
    ...(saliency && { saliency }),
    attention: await attentionOf(model, sample),
  };
}

/** A model at work on what the page sends: `{ text }`, `{ numbers }`, `{ pixels }` or `{ row }`. @throws {InputError} */
export async function activationsAt(
  subject: Subject,
  options: Readonly<Record<string, unknown>>,
): Promise<ActivationsData> {
  const { sample, text } = sampleFrom(subject, options);
  return await atSample(subject, sample, text);
}
const batched = (rows: number) => ({
  kind: "none" as const,
  why: `the model takes batches of ${rows}; the first ${rows} samples are shown`,
});
/** The first samples, at most six of them; a made-up one where none were given. */
export async function activationsStart(subject: Subject): Promise<ActivationsStart> {
  const { feed } = subject, fixed = fixedRows(subject.model);
  if (fixed !== undefined && fixed !== 1) {
    const data = await atSample(subject, subject.sample, undefined),
      form = { ...data.form, ...batched(fixed) };
    return { samples: [{ title: `a batch of ${fixed}, its first row`, data: { ...data, form } }] };
  }
  if (!feed) {
    return {
      samples: [{ title: "made-up numbers", data: await atSample(subject, subject.sample, undefined) }],
    };
  }
  const samples = [];
  for (let row = 0; row < Math.min(6, feed.rows); row++) {
    samples.push({ title: `sample ${row}`, data: await activationsAt(subject, { row }) });
  }
  return { samples };
}
