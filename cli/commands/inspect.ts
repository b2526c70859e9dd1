/** `lapis inspect`: what a model is made of, with shapes, parameters, operators and the plan it runs by. @module */
import { type Graph, InputError, registry, type Tensor } from "../../mod.ts";
import { bindDim, type Dim, dimText, evalDim, opName, type Type } from "../../public/graph.ts";
import { onnxHeader, readOnnxStructure } from "../../io/onnx/mod.ts";
import type { LayerNode } from "../../public/plugins.ts";
import { collect, type CommandDef, type Context, listOption, type Outcome, UsageError } from "../command.ts";
import { amountValue, macsOf } from "../inspection/amounts.ts";
import { graphItems, type Item, layerItems, type Naming, nodeDetails } from "../inspection/items.ts";
import {
  foldedRows,
  itemsJson,
  listing,
  type ListingOptions,
  plainItem,
  totalMacs,
} from "../inspection/listing.ts";
import { planOf, planText } from "../inspection/plan.ts";
import { type Feed, readFeed } from "../feed.ts";
import { fittingFeed } from "../madeup/inputs.ts";
import { hasInput, inputOptions, inputsFrom, loadNamed, modelOptions } from "../loading.ts";
import { clip, count, shapeText, table } from "../terminal.ts";

/** Sizes that symbols are given. */
type Sizes = Map<string, number>;

/** Shows a model's layers, shapes, parameters and operators, and the plan that it runs by. */
export const inspect: CommandDef = {
  name: "inspect",
  summary: "show a model's layers, shapes, parameters and operators",
  example: `lapis inspect model.keras
lapis inspect model.keras --input x.npy   # shapes with the real batch
lapis inspect model.onnx --dim batch=8    # shapes with a batch of eight
lapis inspect model.onnx --open encoder/layers.0
lapis inspect model.keras --plan          # segments, kernels and bytes`,
  declare: (command) =>
    inputOptions(modelOptions(command))
      .option("--dim <name=size>", "a size that varies, as a number (repeatable)", collect)
      .option("--open <name>", "a module to open, by its name in the listing (repeatable)", collect)
      .option("--all", "every node or layer, nothing folded")
      .option("--plan", "show segments, kernels and bytes"),
  async run([path = ""], options, context) {
    const given = inputsFrom(options), sizes = sizesFrom(listOption(options, "dim"));
    const runs = hasInput(given) || options.plan === true;
    // A graph's shapes need no weights: files of any size are shown without them.
    if (/\.onnx$/i.test(path) && !runs && options.weights === undefined) {
      return await inspectStructure(path, sizes, options, context);
    }
    const width = context.terminal.width, { model, assets } = await loadNamed(path, options, context);
    const feed = hasInput(given) ? await readFeed(model, assets, given) : undefined;
    const graph = model.graph();
    if (feed) bindFeed(graph, feed, sizes);
    const seen = feed === undefined || model.isGraph ? undefined : await model.activations(feed.tensors);
    const layers = rowsOf(model.isGraph ? [] : model.tree, seen, sizes),
      shapes = new Map(layers.map((l) => [l.path, l]));
    const items = model.isGraph
      ? graphItems(graph, namingOf(graph, sizes))
      : layerItems(model, namingOf(graph, sizes), ({ path }) =>
        shapes.get(path)?.shapes.map(shapeText).join(" ") ?? "");
    const plan = options.plan === true ? await planOf(model, feed ?? await fittingFeed(model, 1)) : undefined;
    checkSizes(graph, sizes);
    return {
      text: [
        titleText(model.name, model.countParams(), items),
        portsText(graph, sizes, options.all === true, width),
        listing(items, shownBy(options, context, model.isGraph ? "node" : "layer")),
        operatorsText(graph),
        ...(plan === undefined ? [] : [planText(plan, width, options.all === true)]),
      ].map((part) => wrap(part, width)).join("\n\n"),
      data: {
        name: model.name,
        parameters: model.countParams(),
        ...portsOf(graph, sizes),
        layers: layers.map(({ depth: _, ...layer }) => ({ ...layer, ...factsOf(items, layer.path) })),
        ...(model.isGraph && { nodes: nodeRows(graph, sizes), modules: itemsJson(items) }),
        operators: Object.fromEntries(countOperators(graph)),
        ...(plan === undefined ? {} : { plan }),
      },
    };
  },
};

/** What an ONNX file holds, without its weights. */
async function inspectStructure(
  path: string,
  sizes: Sizes,
  options: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Outcome> {
  const width = context.terminal.width, header = await onnxHeader(path);
  const warn = (message: string) => context.log(`warning: ${message}`);
  const { graph } = await readOnnxStructure(path, { registry, warn });
  checkSizes(graph, sizes);
  const weights = graph.inputs.filter((i) => i.role === "parameter" || i.role === "statistic");
  const parameters = weights.reduce((n, { id }) => n + elements(graph.types[id]), 0);
  const facts = Object.entries(header), items = graphItems(graph, namingOf(graph, sizes));
  return {
    text: [
      titleText(graph.name, parameters, items),
      facts.map(([what, value]) => clip(`${what}: ${value}`, width)).join("\n"),
      portsText(graph, sizes, options.all === true, context.terminal.width),
      listing(items, shownBy(options, context, "node")),
      operatorsText(graph),
    ].map((part) => wrap(part, width)).join("\n\n"),
    data: {
      name: graph.name,
      parameters,
      header,
      ...portsOf(graph, sizes),
      layers: [],
      nodes: nodeRows(graph, sizes),
      modules: itemsJson(items),
      operators: Object.fromEntries(countOperators(graph)),
    },
  };
}
function elements(type: Type | undefined): number {
  return type?.kind === "tensor" ? (type.shape ?? []).reduce<number>((n, d) => n * Number(d), 1) : 0;
}

/** Sizes out of `name=size`. @throws {UsageError} */
function sizesFrom(list: readonly string[]): Sizes {
  return new Map(list.map((text) => {
    const [, name = "", size = ""] = /^(.+)=(\d+)$/.exec(text) ?? [];
    if (name === "") throw new UsageError(`--dim: expected name=size, as in batch=8, got ${text}`);
    return [name, Number(size)] as const;
  }));
}
/** @throws {InputError} for a size that no input has. */
function checkSizes(graph: Graph, sizes: Sizes): void {
  const known = new Set(graph.inputs.flatMap(({ id }) => {
    const type = graph.types[id];
    return type?.kind === "tensor" ? (type.shape ?? []).filter((d) => typeof d === "string") : [];
  }));
  for (const name of sizes.keys()) {
    if (known.has(name) || name.startsWith("?")) continue;
    throw new InputError(
      `--dim: no input has a size ${name}; it has ${[...known].join(", ") || "no sizes that vary"}`,
    );
  }
}
/** Gives symbols the sizes that data has. */
function bindFeed(graph: Graph, { tensors }: Feed, sizes: Sizes): void {
  for (const { name, id } of graph.inputs) {
    const type = graph.types[id], shape = tensors[name]?.shape;
    if (type?.kind !== "tensor" || !shape) continue;
    type.shape?.forEach((d, i) => bindDim(d, shape[i] ?? 0, sizes));
  }
}
/** A dim with the sizes given, else as an expression. */
const sizeOr = (d: Dim, sizes: Sizes): number | string => evalDim(d, sizes) ?? dimText(d);
function typeShape(type: Type | undefined, sizes: Sizes): readonly (number | string)[] {
  if (type?.kind !== "tensor" || type.shape === undefined) return ["…"];
  return type.shape.map((d) => sizeOr(d, sizes));
}
function typeWords(type: Type | undefined, sizes: Sizes): string {
  if (type?.kind === "tensor") return `${type.dtype}${shapeText(typeShape(type, sizes))}`;
  return type ? `${type.kind} of ${typeWords(type.of, sizes)}` : "";
}

/** Sizes and types for a listing: one of a batch, unless given. */
function namingOf(graph: Graph, sizes: Sizes): Naming {
  const [first] = graph.inputs.filter((i) => i.role === "data"), type = first && graph.types[first.id];
  const batch = type?.kind === "tensor" ? type.shape?.[0] : undefined, env = new Map(sizes);
  if (batch !== undefined && evalDim(batch, env) === undefined) bindDim(batch, 1, env);
  return { env, typeText: (t) => typeWords(t, sizes) };
}
/** How much a listing shows. */
function shownBy(
  options: Readonly<Record<string, unknown>>,
  { terminal }: Context,
  leaf: string,
): ListingOptions {
  return { width: terminal.width, open: listOption(options, "open"), all: options.all === true, leaf };
}
function titleText(name: string, parameters: number, items: readonly Item[]): string {
  const macs = totalMacs(items);
  return `${name}: ${count(parameters)} parameters${macs === "" ? "" : `, ${macs} multiply-adds`}`;
}
/** What a layer's item tells beside its row. */
function factsOf(items: readonly Item[], path: string): Record<string, unknown> {
  for (const item of items) {
    if (item.path === path) {
      return { inputs: item.inputs, attributes: item.details, macs: amountValue(item.macs) };
    }
    if (path.startsWith(`${item.path}/`)) return factsOf(item.children, path);
  }
  return {};
}

/** An operator as it stands in the graph. */
interface NodeRow {
  readonly name: string;
  readonly operator: string;
  readonly attributes: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly macs: number | string;
}
function nodeRows(graph: Graph, sizes: Sizes): NodeRow[] {
  const { env } = namingOf(graph, sizes), names = new Map(graph.inputs.map((i) => [i.id, i.name]));
  for (const node of graph.nodes) {
    node.outputs.forEach((id, i) => names.set(id, i === 0 ? node.scope : `${node.scope}:${i}`));
  }
  return graph.nodes.map((node) => ({
    name: node.scope,
    operator: opName(node),
    attributes: nodeDetails(node),
    inputs: node.inputs.map((id) => names.get(id) ?? ""),
    macs: amountValue(macsOf(graph, node, env)),
    outputs: node.outputs.map((id) => typeWords(graph.types[id], sizes)),
  }));
}
function operatorsText(graph: Graph): string {
  return `operators: ${[...countOperators(graph)].map(([name, n]) => `${name} ${n}`).join(", ")}`;
}

interface LayerRow {
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly depth: number;
  readonly shapes: readonly (readonly (number | string)[])[];
  readonly parameters: number;
}

function rowsOf(
  tree: readonly LayerNode[],
  seen: ReadonlyMap<string, Tensor | readonly Tensor[]> | undefined,
  sizes: Sizes,
  depth = 0,
): LayerRow[] {
  return tree.flatMap((node) => {
    const real = seen?.get(node.path);
    const row: LayerRow = {
      path: node.path,
      name: node.name,
      type: node.layer.def.name,
      depth,
      shapes: real === undefined
        ? node.outputs.map((type) => typeShape(type, sizes))
        : listed(real).map(({ shape }) => shape),
      parameters: node.weights.filter(({ role }) => role !== "state").reduce(
        (n, w) => n + sizeOf(w.shape),
        0,
      ),
    };
    return [row, ...rowsOf(node.children, seen, sizes, depth + 1)];
  });
}
const listed = (value: Tensor | readonly Tensor[]): readonly Tensor[] => "data" in value ? [value] : value;
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Inputs and outputs, with what kind of value each is. */
function portsOf(graph: Graph, sizes: Sizes) {
  const port = ({ name, id }: { readonly name: string; readonly id: number }) => {
    const type = graph.types[id];
    return {
      name,
      dtype: type?.kind === "tensor" ? type.dtype : type?.kind ?? "",
      shape: typeShape(type, sizes),
    };
  };
  return {
    inputs: graph.inputs.filter((i) => i.role === "data").map(port),
    outputs: graph.outputs.filter((o) => o.updates === undefined).map(port),
  };
}
function portsText(graph: Graph, sizes: Sizes, all: boolean, width: number): string {
  const { inputs, outputs } = portsOf(graph, sizes);
  const rows = (what: string, list: typeof inputs) =>
    foldedRows(
      list.map((p) => plainItem(p.name, p.dtype, shapeText(p.shape))),
      "value",
      all || list.length <= fewPorts,
    )
      .map((
        { item, depth, kind },
      ) => [depth === 0 ? what : "", `${"  ".repeat(depth)}${item.name}`, kind, item.output]);
  return table(["", "name", "type", "shape"], [...rows("input", inputs), ...rows("output", outputs)], {
    width,
  });
}
/** Inputs or outputs that are always listed one by one. */
const fewPorts = 12;

function countOperators(graph: Graph): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (g: Graph) => {
    for (const node of g.nodes) {
      found.set(opName(node), (found.get(opName(node)) ?? 0) + 1);
      Object.values(node.graphs).forEach(visit);
    }
  };
  visit(graph);
  return new Map([...found].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

/** Breaks long lines between words; what follows a break is indented. */
function wrap(text: string, width: number): string {
  return text.split("\n").map((line) => {
    const out: string[] = [];
    let rest = line;
    while (rest.length > width) {
      const at = rest.lastIndexOf(" ", width);
      if (at <= 2) break;
      out.push(rest.slice(0, at));
      rest = `  ${rest.slice(at + 1)}`;
    }
    return [...out, rest].join("\n");
  }).join("\n");
}
