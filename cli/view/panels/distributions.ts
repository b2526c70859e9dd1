/** The Distributions view's data: histograms of weights and gradients, and what they mean, in words. @module */
import type { Model, Tensor } from "../../../mod.ts";
import type { LayerNode } from "../../../public/plugins.ts";
import { toNumbers } from "../../../public/tensors.ts";
import type { DistributionRow, DistributionsData, Finding } from "../data.ts";
import { activationName } from "./neurons.ts";
import { headOf, histogramOf, summary } from "./numbers.ts";
import { layerGraph, probe } from "../probe.ts";
import type { Records } from "../records.ts";
import { allNodes, firstOf, type Subject, treeOf } from "../subject.ts";

/** Layers whose weights are shown at most. */
const mostRows = 200;

/** Histograms of every weight, and of its gradient where one is known. */
export function weightRows(
  model: Model,
  gradients?: ReadonlyMap<string, Tensor>,
): readonly DistributionRow[] {
  const owners = new Map(
    allNodes(treeOf(model)).flatMap((node) => node.weights.map((w) => [w.path, node.path] as const)),
  );
  return [...model.weights].filter(([, t]) => t.dtype === "float32" || t.dtype === "float64").slice(
    0,
    mostRows,
  ).map(
    ([path, t]) => {
      const slope = gradients?.get(path);
      return {
        layer: owners.get(path) ?? path,
        path,
        weights: histogramOf(toNumbers(t)),
        ...(slope && { gradients: histogramOf(toNumbers(slope)) }),
      };
    },
  );
}

/** Where a gradient is lost or grows without bound, layer by layer. */
export function gradientFindings(rows: readonly DistributionRow[]): readonly Finding[] {
  const found: Finding[] = [],
    kernels = rows.filter((r) => r.gradients && /kernel|embeddings|weight/i.test(r.path));
  if (kernels.length === 0) return [];
  const scale = (r: DistributionRow) => r.gradients ? Math.hypot(r.gradients.mean, r.gradients.deviation) : 0;
  const bad = kernels.filter((r) => !Number.isFinite(r.gradients?.norm ?? 0));
  for (const r of bad) {
    found.push({
      level: "serious",
      text: `${r.path}: its gradient holds numbers that aren't finite: it has exploded`,
    });
  }
  const first = kernels[0], last = kernels.at(-1);
  for (const r of kernels) {
    const norm = r.gradients?.norm ?? 0;
    if (norm > 100) {
      found.push({
        level: "warning",
        text: `${r.path}: exploding gradient: norm ${norm.toPrecision(3)}; clipping or a smaller rate helps`,
      });
    } else if (norm === 0) {
      found.push({ level: "warning", text: `${r.path}: no gradient reaches it: it will not learn` });
    }
  }
  if (first && last && first !== last && scale(last) > 0 && scale(first) > 0) {
    const ratio = scale(first) / scale(last);
    if (ratio < 1e-3) {
      found.push({
        level: "warning",
        text: `vanishing gradient: ${first.path} gets ${ratio.toExponential(1)} of what ${last.path} gets`,
      });
    } else if (ratio > 1e3) {
      found.push({
        level: "warning",
        text: `growing gradient: ${first.path} gets ${ratio.toExponential(1)} times what ${last.path} gets`,
      });
    }
  }
  return found.length > 0 ? found : [{
    level: "good",
    text: "gradients neither vanish nor explode: their sizes stay within a factor of 1,000",
  }];
}

const isRelu = (node: LayerNode) =>
  node.layer.def.name === "ReLU" || /^relu6?$/.test(activationName(node.layer.config));

/** Units behind a ReLU that no sample woke. */
async function deadUnits(subject: Subject): Promise<readonly Finding[]> {
  const { model, feed } = subject, layers = treeOf(model).filter(isRelu);
  if (!feed || layers.length === 0) return [];
  const seen = await model.activations(
    Object.fromEntries(Object.entries(feed.tensors).map(([k, t]) => [k, headOf(t, 256)])),
  );
  const rows = Math.min(256, feed.rows);
  return layers.flatMap((node): readonly Finding[] => {
    const t = firstOf(seen.get(node.path)), units = t?.shape.at(-1) ?? 0;
    if (!t || units === 0) return [];
    const alive = new Uint8Array(units);
    toNumbers(t).forEach((v: number, i: number) => {
      if (v > 0) alive[i % units] = 1;
    });
    const dead = units - alive.reduce((a, b) => a + b, 0), share = dead / units;
    const what = `${node.path}: ${dead} of ${units} ReLU units are 0 for all of ${rows} samples`;
    if (dead === 0) {
      return [{
        level: "good",
        text: `${node.path}: no dead ReLU among its ${units} units over ${rows} samples`,
      }];
    }
    return [{ level: share > 0.4 ? "serious" : "warning", text: `${what} (dead)` }];
  });
}

/** The norm of the gradient at every step of what recurrent layers read: how far back the loss reaches. */
async function stepNorms(subject: Subject): Promise<DistributionsData["steps"]> {
  const { model } = subject, tree = treeOf(model);
  const layers = tree.filter((n) => /RNN|LSTM|GRU|Bidirectional/.test(n.layer.def.name));
  if (layers.length === 0) return [];
  const { graph, ids, output } = layerGraph(model), named = new Map(graph.inputs.map((i) => [i.name, i.id]));
  const places = layers.flatMap((node) => {
    const from = model.network.calls.find((c) => c.layer === node.layer)?.inputs[0];
    const maker = from?.call && tree.find((n) => n.layer === from.call?.layer);
    const at = from ? model.network.inputs.indexOf(from) : -1;
    const id = maker ? ids.get(maker.path) : named.get(model.network.inputNames[at] ?? "");
    return id === undefined ? [] : [{ layer: node.path, id }];
  });
  const found = await probe(model, graph, subject.sample, places.map((p) => p.id), output, (y) => {
    const scores = toNumbers(y), width = y.shape.at(-1) ?? 1, best = scores.indexOf(Math.max(...scores));
    // Of the most probable class' logarithm; of the sum where the output is no classes'.
    const isProbability = width > 1 && (scores[best] ?? 0) > 0 && (scores[best] ?? 0) <= 1;
    return scores.map((
      _: number,
      i: number,
    ) => (isProbability ? (i === best ? -1 / (scores[best] ?? 1) : 0) : 1));
  });
  return places.flatMap(({ layer, id }) => {
    const g = found.gradients.get(id);
    if (!g || g.shape.length !== 3) return [];
    const [, time = 0, width = 0] = g.shape, values = toNumbers(g);
    const norms = Array.from(
      { length: time },
      (_, t) => summary(values.subarray(t * width, (t + 1) * width)).norm,
    );
    return [{ layer, norms }];
  });
}
function stepFindings(steps: DistributionsData["steps"]): readonly Finding[] {
  return steps.flatMap(({ layer, norms }): readonly Finding[] => {
    const living = norms.filter((n) => n > 0), most = Math.max(...living);
    if (living.length < 4) return [];
    const first = living[0] ?? 0, last = living.at(-1) ?? 0, least = Math.min(first, last);
    return least < most * 1e-4
      ? [{
        level: "warning",
        text: `${layer}: the gradient vanishes over time: ${
          (least / most).toExponential(1)
        } of its largest step is left at an end`,
      }]
      : [];
  });
}

/** The Distributions view's data. */
export async function distributionsData(
  subject: Subject | undefined,
  records: Records,
): Promise<DistributionsData> {
  const kept = records.moments.map(({ epoch, rows }) => ({ epoch, rows }));
  if (!subject) {
    const last = kept.at(-1)?.rows ?? [];
    return { moments: kept, findings: gradientFindings(last), steps: [], source: "the run's record" };
  }
  const slope = await subject.slope(), rows = weightRows(subject.model, slope?.weights);
  const steps = treeOf(subject.model).length > 0 ? await stepNorms(subject) : [];
  return {
    moments: [...kept, { epoch: null, rows }],
    findings: [...await deadUnits(subject), ...gradientFindings(rows), ...stepFindings(steps)],
    steps,
    source: slope
      ? `gradients of ${slope.loss} (${slope.value.toPrecision(5)}) over ${slope.rows} samples`
      : "no gradients: give samples and targets with --input and --target",
  };
}
